import 'reflect-metadata';
import * as internal from '@nestjs/common/internal';
import { expect, it } from 'vitest';
import { INTERCEPTORS_METADATA } from '../../src/nest/requests/interceptors-by-hand.js';
import { SSE_METADATA } from '../../src/nest/requests/sse-route.js';

it('looks where Nest notes @Sse and @UseInterceptors', () => {
  expect({ SSE_METADATA, INTERCEPTORS_METADATA }).toEqual({
    SSE_METADATA: internal.SSE_METADATA,
    INTERCEPTORS_METADATA: internal.INTERCEPTORS_METADATA,
  });
});
