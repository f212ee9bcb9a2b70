import { Announcements } from '../base/announcements.js';
import type { TracerManager } from './tracer-manager.js';

/** A class whose objects are made of a module's manager, and injected beside it. */
export type ManagerService = new (manager: TracerManager) => object;

/**
 * The services that are loaded, each announced by its own file: a service that no code of the app imports is
 * injected nowhere, and need not be loaded for it.
 */
export const managerServices = new Announcements<ManagerService>();
