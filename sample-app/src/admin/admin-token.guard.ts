import { timingSafeEqual } from 'node:crypto';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ADMIN_TOKEN } from './admin-token.js';

interface Caller {
  readonly name: string;
  readonly password: string;
}

/** Who calls, by HTTP basic authentication. */
export function callerOf(headers: { readonly authorization?: string }): Caller | undefined {
  const encoded = /^basic (.*)$/i.exec(headers.authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const [name = '', ...password] = Buffer.from(encoded, 'base64').toString().split(':');
  return { name, password: password.join(':') };
}

@Injectable()
export class AdminTokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: { authorization?: string } }>();
    const given = Buffer.from(callerOf(headers)?.password ?? '');
    const expected = Buffer.from(ADMIN_TOKEN);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
}
