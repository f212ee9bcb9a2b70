import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** The reason for refusing a request. */
export interface Refusal {
  readonly status: 401 | 403 | 429;
  readonly message: string;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1']);
/** The number of wrong tokens per second after which all requests wait for the next second. */
const MAX_FAILURES_PER_SECOND = 20;
const MAX_REQUESTS_PER_SECOND = 500;

/**
 * Admits requests that have the token and come from this server's own page. Names that lead here by DNS
 * rebinding, pages of other sites and guessed tokens are refused.
 */
export class RequestGuard {
  readonly token: string;
  private readonly digest: Buffer;
  private second = 0;
  private requests = 0;
  private failures = 0;

  constructor(
    private readonly host: string,
    token: string | undefined,
  ) {
    this.token = token ?? randomBytes(24).toString('base64url');
    this.digest = digestOf(this.token);
  }

  /** Returns the cookie's name, which includes the port, since all ports of a host share their cookies. */
  cookieName(port: number): string {
    return `nestjs-telemetry-${port}`;
  }

  knows(token: string): boolean {
    return timingSafeEqual(digestOf(token), this.digest);
  }

  /**
   * Returns why a request must be refused.
   *
   * @param port - the server's own port
   * @param offered - a token in the address, which only the first request has
   * @returns nothing if the request is admitted
   */
  refuse(request: IncomingMessage, port: number, offered: string | undefined): Refusal | undefined {
    if (this.tooMany()) return { status: 429, message: 'Too many requests.' };
    const foreign = this.foreign(request);
    if (foreign !== undefined) return { status: 403, message: foreign };
    const token = offered ?? bearerOf(request) ?? this.cookieOf(request, port);
    if (token !== undefined && this.knows(token)) return undefined;
    this.failures += 1;
    return {
      status: 401,
      message: 'Open the address that the app printed at its start, or send `Authorization: Bearer <token>`.',
    };
  }

  private foreign(request: IncomingMessage): string | undefined {
    const { host, origin } = request.headers;
    if (host === undefined || !this.isOwnName(host)) {
      return 'This name is not one of the server’s own: use localhost.';
    }
    if (origin !== undefined && origin !== `http://${host}`) {
      return 'Pages of other sites may not ask.';
    }
    const site = request.headers['sec-fetch-site'];
    if (site === 'cross-site' && request.headers['sec-fetch-mode'] !== 'navigate') {
      return 'Pages of other sites may not ask.';
    }
    return undefined;
  }

  /** Whether a host is a numeric address, which DNS rebinding cannot redirect. */
  private isOwnName(host: string): boolean {
    const name = host
      .replace(/:\d+$/, '')
      .replace(/^\[|\]$/g, '')
      .toLowerCase();
    if (LOOPBACK.has(name) || name === this.host) return true;
    return !LOOPBACK.has(this.host) && isIP(name) !== 0;
  }

  private cookieOf(request: IncomingMessage, port: number): string | undefined {
    const prefix = `${this.cookieName(port)}=`;
    for (const part of (request.headers.cookie ?? '').split(';')) {
      const cookie = part.trim();
      if (cookie.startsWith(prefix)) return decoded(cookie.slice(prefix.length));
    }
    return undefined;
  }

  private tooMany(): boolean {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.second) {
      this.second = second;
      this.requests = 0;
      this.failures = 0;
    }
    this.requests += 1;
    return this.requests > MAX_REQUESTS_PER_SECOND || this.failures > MAX_FAILURES_PER_SECOND;
  }
}

function bearerOf(request: IncomingMessage): string | undefined {
  return /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** Hashes a token to a fixed length, as `timingSafeEqual` requires. */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
