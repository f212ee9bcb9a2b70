/** What the two processes call their messages, their events and their queue. */
export const BOOK = 'shipment.book';
export const TRACK = 'shipment.track';
export const BOOKED = 'shipment.booked';
export const LABELS = 'labels';

export interface Shipment {
  readonly orderId: string;
  readonly status: 'booked' | 'packed' | 'on its way';
}
