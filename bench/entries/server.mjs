// One server in a process of its own: answers requests, messages or socket events with a sum. Tells its parent its
// port and the CPU time that it has used.
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, Transport } from '@nestjs/microservices';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { TelemetryModule, TracerManager } from 'nestjs-telemetry';

const { kind, traced, receiverUrl, redisPort } = JSON.parse(process.argv[2]);

/** Decorates a method without a compiler. */
function decorate(type, method, decorator) {
  decorator(type.prototype, method, Object.getOwnPropertyDescriptor(type.prototype, method));
}

class SumController {
  sum() {
    return { sum: 6 };
  }
}
Controller()(SumController);

class SumGateway {
  sum() {
    return { event: 'sum', data: 6 };
  }
}

const isSocket = kind === 'socket.io';
if (kind === 'http') decorate(SumController, 'sum', Get('sum'));
else if (isSocket) {
  WebSocketGateway()(SumGateway);
  decorate(SumGateway, 'sum', SubscribeMessage('sum'));
} else decorate(SumController, 'sum', MessagePattern('sum'));

const telemetry = TelemetryModule.forRoot({
  service: { name: kind },
  exporter: { type: 'otlp-grpc', url: receiverUrl, headers: { 'x-variant': kind } },
  metrics: false,
  clients: false,
});

class AppModule {}
Module({
  imports: traced ? [telemetry] : [],
  controllers: [SumController],
  providers: isSocket ? [SumGateway] : [],
})(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error'] });
let servicePort;
if (kind === 'tcp' || kind === 'redis') {
  const microservice = app.connectMicroservice({
    transport: kind === 'tcp' ? Transport.TCP : Transport.REDIS,
    options: { host: '127.0.0.1', port: kind === 'tcp' ? 0 : redisPort },
  });
  await app.startAllMicroservices();
  servicePort = kind === 'tcp' ? microservice.unwrap().address().port : redisPort;
}
await app.listen(0, '127.0.0.1');

const answers = {
  port: () => servicePort ?? app.getHttpServer().address().port,
  cpuMicros: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  // What a burst leaves in a queue is part of its price.
  flush: async () => {
    if (traced) await app.get(TracerManager, { strict: false }).forceFlush();
  },
};

process.on('message', async ({ id, ask }) => process.send({ id, answer: await answers[ask]() }));
process.on('disconnect', () => process.exit());
