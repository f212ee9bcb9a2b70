import { Module } from '@nestjs/common';
import { AssistantController } from './assistant.controller.js';
import { AssistantService } from './assistant.service.js';
import { FakeModel } from './fake-model.js';

@Module({ controllers: [AssistantController], providers: [AssistantService, FakeModel] })
export class AssistantModule {}
