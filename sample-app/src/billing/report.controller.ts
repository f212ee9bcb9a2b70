import { Controller, Get } from '@nestjs/common';
import { ReportService, type Report } from './report.service.js';

@Controller('billing/report')
export class ReportController {
  constructor(private readonly report: ReportService) {}

  @Get()
  find(): Promise<Report> {
    return this.report.run();
  }
}
