import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

/** The state of a request, with its last answer. */
export interface Loaded<T> {
  readonly value: T | undefined;
  readonly error: string | undefined;
  readonly reload: () => void;
}

/** Sends a request at once, when `keys` change, and when `version` has changed after the last answer. */
export function useLoaded<T>(load: () => Promise<T>, keys: readonly unknown[], version: number): Loaded<T> {
  const [state, setState] = useState<{ value?: T; error?: string }>({});
  const running = useRef(0);
  const run = useCallback(() => {
    const mine = (running.current += 1);
    load().then(
      (value) => mine === running.current && setState({ value }),
      (error: unknown) => mine === running.current && setState((old) => ({ ...old, error: String(error) })),
    );
  }, keys);
  useEffect(run, [run, version]);
  return { value: state.value, error: state.error, reload: run };
}

/** Counts changes of traces, and reports whether the server is reachable. */
export function useLiveFeed(): { readonly version: number; readonly connected: boolean } {
  const [version, setVersion] = useState(0);
  const [connected, setConnected] = useState(false);
  useEffect(() => {
    const source = new EventSource('/api/live');
    source.onopen = () => setConnected(true);
    source.onerror = () => setConnected(false);
    source.onmessage = (event: MessageEvent<string>) =>
      setVersion((JSON.parse(event.data) as { version: number }).version);
    return () => source.close();
  }, []);
  return { version, connected };
}

/** Counts up at a fixed interval. */
export function useTick(millis: number): number {
  const [tick, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((before) => before + 1), millis);
    return () => clearInterval(timer);
  }, [millis]);
  return tick;
}

/** Returns the part of the address after `#`, such as `traces/4bf9…/a3ce…`, and a function that sets it. */
export function usePlace(): readonly [string[], (place: string) => void] {
  const [place, setPlace] = useState(location.hash.slice(1));
  useEffect(() => {
    const moved = (): void => setPlace(location.hash.slice(1));
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  const go = useCallback((next: string) => {
    location.hash = next;
  }, []);
  return [place.split('/').map(decodeURIComponent), go];
}

/** Copies text to the clipboard and shows that for a moment. */
export function useCopied(): readonly [string, (label: string, value: string) => void] {
  const [copied, setCopied] = useState('');
  const copy = useCallback((label: string, value: string) => {
    navigator.clipboard.writeText(value).then(
      () => setCopied(label),
      () => setCopied('The browser refused'),
    );
    setTimeout(() => setCopied(''), 1500);
  }, []);
  return [copied, copy];
}
