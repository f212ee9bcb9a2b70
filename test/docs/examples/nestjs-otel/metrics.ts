// As in nestjs-otel 8.1.1's README, with another import.
import { Controller, Get, Injectable } from '@nestjs/common';
import type { Counter } from '@opentelemetry/api';
import { MetricService, OtelInstanceCounter, OtelMethodCounter } from 'nestjs-telemetry/nestjs-otel';

@Injectable()
export class BookService {
  private customMetricCounter: Counter;

  constructor(private readonly metricService: MetricService) {
    this.customMetricCounter = this.metricService.getCounter('custom_counter', {
      description: 'Description for counter',
    });
  }

  async getBooks() {
    this.customMetricCounter.add(1);
    return [`Harry Potter and the Philosopher's Stone`];
  }
}

@OtelInstanceCounter() // It will generate a counter called: app_MyClass_instances_total.
export class MyClass {}

@Injectable()
export class MyService {
  @OtelMethodCounter()
  doSomething() {}
}

@Controller()
export class AppController {
  @Get()
  @OtelMethodCounter() // It will generate `app_AppController_doSomething_calls_total` counter.
  doSomething() {
    // do your stuff
  }
}
