import { Controller, Get, Param } from '@nestjs/common';
import { InvoicesService, type Quote } from './invoices.service.js';

@Controller('billing/invoices')
export class InvoicesController {
  constructor(private readonly invoices: InvoicesService) {}

  @Get(':orderId')
  findOne(@Param('orderId') orderId: string): Promise<Quote> {
    return this.invoices.quote(orderId, 20);
  }
}
