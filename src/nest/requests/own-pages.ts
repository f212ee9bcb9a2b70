import type { Type } from '@nestjs/common';

/** The metadata by which `@nestjs/swagger` leaves out a controller. */
const SWAGGER_EXCLUDES = 'swagger/apiExcludeController';

/** Controllers of the library's own endpoints; a scraper or operator is not a user of the app. */
const pages = new WeakSet<Type>();

/** Excludes a controller from traces, metrics, API documents, and the headers of `baggage.required`. */
export function asOwnPage(controller: Type): Type {
  pages.add(controller);
  Reflect.defineMetadata(SWAGGER_EXCLUDES, [true], controller);
  return controller;
}

export function isOwnPage(controller: Type): boolean {
  return pages.has(controller);
}
