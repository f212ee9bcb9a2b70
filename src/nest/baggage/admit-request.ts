import { BadRequestException, type ExecutionContext } from '@nestjs/common';
import { activeContext } from '../../context/flow-context.js';
import { routeOf, type FrameworkRequest } from '../../http/framework-request.js';
import type { BaggageRequest } from './baggage-options.js';
import type { RequestEntries } from './request-entries.js';

/**
 * Lets a request pass with its entries added.
 *
 * @throws BadRequestException that names the first required header which is missing
 */
export function admitRequest(
  entries: RequestEntries | undefined,
  context: ExecutionContext,
): boolean | Promise<boolean> {
  if (entries === undefined || context.getType() !== 'http') return true;
  const request = context.getArgByIndex<BaggageRequest & FrameworkRequest>(0);
  const missing = entries.admit(request, activeContext().flow, routeOf(request) ?? request.url);
  return missing instanceof Promise ? missing.then(answer) : answer(missing);
}

function answer(missing: string | undefined): true {
  if (missing === undefined) return true;
  throw new BadRequestException(`The request header \`${missing}\` is missing or cannot be used.`);
}
