import { Announcements } from '../base/announcements.js';
import type { TracerManager } from './tracer-manager.js';

/** A class whose objects are created from a module's manager and provided together with it. */
export type ManagerService = new (manager: TracerManager) => object;

/**
 * The loaded services, each announced by its own file. A service that the app does not import is injected
 * nowhere, so its file need not be loaded.
 */
export const managerServices = new Announcements<ManagerService>();
