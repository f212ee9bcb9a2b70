import type { MicroserviceOptions } from '@nestjs/microservices';

/** The broker that `run.mjs` has started for the tests. */
export interface Broker {
  readonly name: 'redis' | 'nats' | 'mqtt' | 'rabbitmq' | 'kafka';
  readonly port: number;
  /** Options of Nest's transport, for apps that share their queue and consumer group. */
  readonly transport: MicroserviceOptions;
}

export const BROKER = JSON.parse(process.env['BROKER'] ?? '{}') as Broker;
