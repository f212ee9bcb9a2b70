import { MASK_EMAIL, type TelemetryModuleOptions } from 'nestjs-telemetry';

// #region masking
export const options: TelemetryModuleOptions = {
  service: { name: 'orders' },
  masking: {
    keys: ['iban', 'customer.tax_id'],
    patterns: [/\b\d{4}(?:[ -]?\d{4}){3}\b/, MASK_EMAIL],
    maxLength: 4096,
  },
};
// #endregion

// #region values
export const withValues: TelemetryModuleOptions = {
  service: { name: 'orders' },
  includeInputOutput: true,
  masking: { hideOutputs: true },
};
// #endregion
