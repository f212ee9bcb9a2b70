/** Sends requests to a devtools server, of this process or another. */
export class DevtoolsClient {
  constructor(
    private readonly origin: string,
    private readonly token: string,
  ) {}

  /**
   * Requests JSON from the server of devtools.
   *
   * @throws Error with the server's message, or if the server cannot be reached
   */
  async json<T>(path: string): Promise<T> {
    return (await this.ask(path)).json() as Promise<T>;
  }

  async text(path: string): Promise<string> {
    return (await this.ask(path)).text();
  }

  private async ask(path: string): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(`${this.origin}${path}`, { headers: { authorization: `Bearer ${this.token}` } });
    } catch (error) {
      throw new Error(
        `Devtools does not answer at ${this.origin}: does the app run with \`devtools: true\`?`,
        {
          cause: error,
        },
      );
    }
    if (response.ok) return response;
    const body = (await response.json().catch(() => ({}))) as { error?: string };
    throw new Error(body.error ?? `Devtools answered ${response.status}.`);
  }
}
