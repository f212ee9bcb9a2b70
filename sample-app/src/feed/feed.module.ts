import { Module } from '@nestjs/common';
import { FeedController } from './feed.controller.js';
import { TickerService } from './ticker.service.js';

@Module({ controllers: [FeedController], providers: [TickerService] })
export class FeedModule {}
