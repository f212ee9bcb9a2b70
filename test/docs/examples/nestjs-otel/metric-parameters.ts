// As in nestjs-otel 8.1.1's README, with another import.
import { Controller, Get } from '@nestjs/common';
import type { Counter } from '@opentelemetry/api';
import { OtelCounter } from 'nestjs-telemetry/nestjs-otel';

@Controller()
export class AppController {
  @Get('/home')
  home(@OtelCounter('app_counter_1_inc', { description: 'counter 1 description' }) counter1: Counter) {
    counter1.add(1);
  }
}
