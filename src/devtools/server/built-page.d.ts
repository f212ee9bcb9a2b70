/** The module that `npm run build` creates from `src/devtools/page`. */
declare module 'nestjs-telemetry/devtools/page' {
  export const html: string;
  export const script: string;
  export const style: string;
}
