export const callProviders = [];

export async function makeCalls(_app: object): Promise<void> {
  // This app calls nobody.
}
