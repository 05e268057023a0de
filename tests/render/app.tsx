// One dashboard, drawn with Grafana's own components from what Prometheus answered. `render.mjs` puts the dashboard and the
// answers into the page; nothing is asked from here.
import React from 'react';
import { createRoot } from 'react-dom/client';
import {
  applyFieldOverrides,
  cacheFieldDisplayNames,
  createTheme,
  dateTime,
  DataFrame,
  FieldType,
  getFieldDisplayValues,
  Registry,
  standardTransformers,
  standardTransformersRegistry,
  ThemeContext,
  toDataFrame,
  transformDataFrame,
} from '@grafana/data';
import { BarGauge, BigValue, GlobalStyles, PanelChrome, TimeSeries } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable'; // what the table panel draws with since Grafana 12
import { lastValueFrom } from 'rxjs';

const page: any = (window as any).page;
const theme = createTheme({ colors: { mode: page.theme } });
const CELL = { width: page.width / 24, height: 38 };
const GAP = 8;
const HEAD = 48;

// Names and paths of the field settings that dashboards use: what Grafana's server registers at its start.
const setting = (id: string, isCustom: boolean) => ({
  id: isCustom ? `custom.${id}` : id,
  path: id,
  name: id,
  isCustom,
  process: (value: unknown) => value,
  shouldApply: () => true,
  editor: () => null,
  override: () => null,
  settings: {},
  getItemsCount: () => 0,
});
const STANDARD = ['unit', 'decimals', 'min', 'max', 'color', 'thresholds', 'mappings', 'displayName', 'noValue', 'links'];
const CUSTOM = [
  'drawStyle', 'lineInterpolation', 'lineWidth', 'lineStyle', 'fillOpacity', 'gradientMode', 'showPoints', 'pointSize', 'stacking',
  'axisLabel', 'axisPlacement', 'axisSoftMin', 'axisSoftMax', 'axisCenteredZero', 'axisColorMode', 'axisBorderShow', 'axisGridShow',
  'scaleDistribution', 'thresholdsStyle', 'spanNulls', 'insertNulls', 'hideFrom', 'barAlignment', 'barWidthFactor', 'fillBelowTo',
  'align', 'cellOptions', 'displayMode', 'filterable', 'inspect', 'width', 'minWidth', 'hidden',
];
const registry: any = new Registry(
  () => [...STANDARD.map((id) => setting(id, false)), ...CUSTOM.map((id) => setting(id, true))] as any
);

standardTransformersRegistry.setInit(() =>
  // joinByField is there under two names.
  [...new Map(Object.values(standardTransformers).map((found: any) => [found.id, found])).values()].map(
    (transformation: any) =>
      ({ id: transformation.id, name: transformation.name, transformation: () => Promise.resolve(transformation) }) as any
  )
);

const named = (format: string, labels: Record<string, string>) =>
  format.replace(/\{\{\s*(\w+)\s*\}\}/g, (_: string, label: string) => labels[label] ?? '');

// A table of an instant query has a column for each label, as Grafana's Prometheus data source makes it.
function tableOf(refId: string, rows: any[], isOnly: boolean): DataFrame {
  const labels = [...new Set(rows.flatMap((row) => Object.keys(row.metric)))].sort();
  return toDataFrame({
    refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: rows.map((row) => row.values[0][0] * 1000) },
      ...labels.map((label) => ({ name: label, type: FieldType.string, values: rows.map((row) => row.metric[label] ?? '') })),
      { name: isOnly ? 'Value' : `Value #${refId}`, type: FieldType.number, values: rows.map((row) => Number(row.values[0][1])) },
    ],
  });
}

function framesOf(panel: any): DataFrame[] {
  return panel.targets.flatMap((target: any) => {
    const rows = page.answers[`${panel.id}/${target.refId}`] ?? [];
    if (target.format === 'table') {
      return rows.length ? [tableOf(target.refId, rows, panel.targets.length === 1)] : [];
    }
    return rows.map((row: any) =>
      toDataFrame({
        refId: target.refId,
        fields: [
          { name: 'Time', type: FieldType.time, values: row.values.map((point: any) => point[0] * 1000) },
          {
            name: 'Value',
            type: FieldType.number,
            labels: row.metric,
            config: { displayNameFromDS: target.legendFormat ? named(target.legendFormat, row.metric) : undefined },
            values: row.values.map((point: any) => (point[1] === 'NaN' ? null : Number(point[1]))), // as Grafana has it
          },
        ],
      })
    );
  });
}

function dressed(panel: any, data: DataFrame[]): DataFrame[] {
  const frames = applyFieldOverrides({
    data,
    fieldConfig: panel.fieldConfig,
    replaceVariables: (text: string) => text,
    theme,
    timeZone: 'utc',
    fieldConfigRegistry: registry,
  });
  cacheFieldDisplayNames(frames); // columns are headed by what is cached
  return frames;
}

function Values({ panel, data, width, height }: any) {
  const values = getFieldDisplayValues({
    fieldConfig: panel.fieldConfig,
    reduceOptions: panel.options.reduceOptions ?? { calcs: ['lastNotNull'] },
    replaceVariables: (text: string) => text,
    theme,
    data,
    timeZone: 'utc',
    sparkline: true,
  } as any);
  const isRow = panel.type === 'bargauge' && panel.options.orientation !== 'vertical';
  const one = isRow ? { width, height: height / values.length } : { width: width / values.length, height };
  const draw = (value: any, key: number) => {
    const shared = { key, value: value.display, theme, ...one };
    if (panel.type === 'bargauge') {
      const field = value.field;
      return <BarGauge {...shared} field={field} display={value.view?.getFieldDisplayProcessor(value.colIndex)}
        orientation={panel.options.orientation ?? 'horizontal'} displayMode={panel.options.displayMode ?? 'gradient'} />;
    }
    return <BigValue {...shared} colorMode={panel.options.colorMode} graphMode={panel.options.graphMode} textMode={panel.options.textMode}
      justifyMode={panel.options.justifyMode} sparkline={panel.options.graphMode === 'area' ? value.sparkline : undefined} />;
  };
  return <div style={{ display: 'flex', flexDirection: isRow ? 'column' : 'row', width, height }}>{values.map(draw)}</div>;
}

// When each annotation happened, as Grafana takes it from series: moments less than a step apart are one event.
function marks(): { color: string; from: number; to: number }[] {
  return page.dashboard.annotations.list.flatMap((annotation: any, number: number) => {
    const gap = parseInt(annotation.step, 10);
    const color = theme.visualization.getColorByName(annotation.iconColor);
    return page.answers[`annotation/${number}`].flatMap((row: any) => {
      const active = row.values.filter(([, value]: [number, string]) => Number(value) > 0);
      const moments = active.map(([time, value]: [number, string]) => (annotation.useValueForTime ? Number(value) / 1000 : time));
      const events: { color: string; from: number; to: number }[] = [];
      for (const moment of moments) {
        const last = events.at(-1);
        if (last && last.to + gap >= moment) {
          last.to = moment;
        } else {
          events.push({ color, from: moment, to: moment });
        }
      }
      return events.filter(({ from, to }) => to >= page.range[0] && from <= page.range[1]);
    });
  });
}

// A dashed line where an event begins and a bar under the axis for as long as it lasts, as Grafana draws them.
function draw(plot: any) {
  const { ctx, bbox } = plot;
  const bottom = bbox.top + bbox.height;
  ctx.save();
  ctx.setLineDash([4, 4]);
  for (const { color, from, to } of marks()) {
    const [start, end] = [from, to].map((at) => {
      const x = plot.valToPos(at * 1000, 'x', true);
      return Math.min(Math.max(x, bbox.left), bbox.left + bbox.width);
    });
    ctx.strokeStyle = ctx.fillStyle = color;
    ctx.beginPath();
    ctx.moveTo(start, bbox.top);
    ctx.lineTo(start, bottom);
    ctx.stroke();
    ctx.fillRect(start - 2, bottom - 1, Math.max(end - start, 4), 4);
  }
  ctx.restore();
}

function Body({ panel, data, width, height }: any) {
  if (panel.type === 'text') {
    return <div style={{ whiteSpace: 'pre-wrap', padding: 8 }}>{panel.options.content}</div>;
  }
  if (['stat', 'bargauge'].includes(panel.type)) {
    return <Values panel={panel} data={data.length ? data : dressed(panel, [toDataFrame({ fields: [] })])} width={width} height={height} />;
  }
  if (!data.length) {
    return <div style={{ width, height, display: 'flex', alignItems: 'center', justifyContent: 'center' }}>
      {panel.fieldConfig.defaults.noValue ?? 'No data'}</div>;
  }
  const range: any = { from: dateTime(page.range[0] * 1000), to: dateTime(page.range[1] * 1000), raw: { from: '', to: '' } };
  if (panel.type === 'timeseries') {
    return <TimeSeries frames={data} timeRange={range} timeZone="utc" width={width} height={height} legend={panel.options.legend}
      structureRev={1} theme={theme} {...({} as any)}>
      {(config: any) => { config.addHook('draw', draw); return null; }}
    </TimeSeries>;
  }
  if (panel.type === 'table') {
    return <TableNG data={data[0]} width={width} height={height} cellHeight={panel.options.cellHeight} structureRev={1} timeRange={range}
      enableVirtualization={false} {...({} as any)} />;
  }
  throw new Error(`panel ${panel.id}: nothing here draws ${panel.type}`);
}

function Panel({ panel, data, width, height }: any) {
  return <PanelChrome width={width} height={height} title={panel.title} description={panel.description}>
    {(innerWidth: number, innerHeight: number) => <Body panel={panel} data={data} width={innerWidth} height={innerHeight} /> as any}
  </PanelChrome>;
}

function Dashboard({ panels }: any) {
  const { title } = page.dashboard;
  return <ThemeContext.Provider value={theme}><GlobalStyles />
    <div style={{ position: 'relative', background: theme.colors.background.canvas, color: theme.colors.text.primary, width: page.width, height: page.height }}>
      <div style={{ position: 'absolute', left: GAP, top: 12, ...theme.typography.h4 } as any}>{title}</div>
      {panels.map(({ panel, data }: any) => {
        const { x, y, w, h } = panel.gridPos;
        const place: any = { position: 'absolute', left: x * CELL.width + GAP / 2, top: HEAD + y * CELL.height };
        const [width, height] = [w * CELL.width - GAP, h * CELL.height - GAP];
        return panel.type === 'row'
          ? <div key={panel.id} style={{ ...place, top: place.top + 6, ...theme.typography.h5 } as any}>{panel.title}</div>
          : <div key={panel.id} style={{ ...place, width, height }}><Panel panel={panel} data={data} width={width} height={height} /></div>;
      })}
    </div>
  </ThemeContext.Provider>;
}

async function main() {
  const panels = await Promise.all(page.dashboard.panels.map(async (panel: any) => {
    if (panel.type === 'row' || panel.type === 'text') {
      return { panel, data: [] };
    }
    const frames = await lastValueFrom(transformDataFrame(panel.transformations ?? [], framesOf(panel)) as any, { defaultValue: [] });
    return { panel, data: dressed(panel, frames as DataFrame[]) };
  }));
  createRoot(document.getElementById('root')!).render(<Dashboard panels={panels} />);
}

main();
