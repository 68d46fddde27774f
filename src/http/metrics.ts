/**
 * Families of numbers as Prometheus reads them, with those of the process. prom-client is loaded by the first scrape,
 * because it costs 50 ms and 16 MB.
 */
import type { Gauge, Registry } from 'prom-client';
import type { Family } from '../operations/measure.ts';

export type Metrics = () => Promise<{ type: string; text: string }>;

export function createMetrics(measure: () => Promise<Family[]>): Metrics {
  let loaded: Promise<{ registry: Registry; gaugeOf: (family: Family) => Gauge }> | undefined;

  const load = async () => {
    const { collectDefaultMetrics, Gauge, Registry } = await import('prom-client');
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    const gauges = new Map<string, Gauge>();
    return {
      registry,
      gaugeOf({ name, help, values }: Family): Gauge {
        let gauge = gauges.get(name);
        if (gauge === undefined) {
          const labelNames = Object.keys(values[0]?.labels ?? {});
          gauge = new Gauge({ name, help, labelNames, registers: [registry] });
          gauges.set(name, gauge);
        }
        return gauge;
      },
    };
  };

  return async () => {
    const families = (await measure()).filter(({ values }) => values.length > 0);
    const { registry, gaugeOf } = await (loaded ??= load());
    const told = new Set(families.map(({ name }) => name));
    // What is not known any more must not be told as it was.
    for (const { name } of registry.getMetricsAsArray()) {
      if (name.startsWith('steward_') && !told.has(name)) registry.getSingleMetric(name)?.reset();
    }
    for (const family of families) {
      const gauge = gaugeOf(family);
      gauge.reset();
      for (const { labels, value } of family.values) gauge.set(labels, value);
    }
    return { type: registry.contentType, text: await registry.metrics() };
  };
}
