/*
 * A microservice without telemetry that takes requests, answers none, and says on standard output what it has
 * taken, until it is killed.
 *
 *   node mortal-server.mjs '<options of Nest's transport>'
 */
import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GrpcMethod, MessagePattern } from '@nestjs/microservices';
import { NEVER } from 'rxjs';

class MortalController {
  dies() {
    console.log('asked');
    return NEVER;
  }

  waits() {
    return this.dies();
  }
}
const decorate = (decorator, name) =>
  decorator(
    MortalController.prototype,
    name,
    Object.getOwnPropertyDescriptor(MortalController.prototype, name),
  );
decorate(MessagePattern('dies'), 'dies');
decorate(GrpcMethod('Stock', 'Waits'), 'waits');
Controller()(MortalController);

class MortalModule {}
Module({ controllers: [MortalController] })(MortalModule);

const app = await NestFactory.createMicroservice(MortalModule, {
  ...JSON.parse(process.argv[2]),
  logger: false,
});
await app.listen();
console.log('ready');
