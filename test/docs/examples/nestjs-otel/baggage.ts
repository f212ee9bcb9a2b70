// As in nestjs-otel 8.1.1's README, with another import.
import { Controller, Get } from '@nestjs/common';
import { Baggage } from 'nestjs-telemetry';

@Controller('cats')
export class CatsController {
  @Get()
  findAll(@Baggage('tenant-id') tenantId: string): string {
    console.log('Tenant ID:', tenantId);
    return 'This action returns all cats';
  }
}
