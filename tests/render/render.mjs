// Pictures of dashboards: node render.mjs --prometheus=URL --out=DIR [--theme=dark|light] [--minutes=N] [--at=UNIX_SECONDS]
//   [--scrape=SECONDS] [--cluster=NAME] [--suffix=TEXT] [--replace=TEXT=OTHER]... DASHBOARD.json...
//
// Every query of every panel and annotation is asked as Grafana would ask it; one that fails, or that Prometheus has a warning or an info
// for, ends the run with exit code 1. Drawn by app.tsx in headless Chromium.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { build } from 'esbuild';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const { values: options, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    prometheus: { type: 'string' },
    out: { type: 'string' },
    theme: { type: 'string', default: 'dark' },
    minutes: { type: 'string', default: '15' },
    at: { type: 'string' },
    scrape: { type: 'string', default: '15' },
    cluster: { type: 'string', default: '.*' },
    suffix: { type: 'string', default: '' },
    replace: { type: 'string', multiple: true, default: [] }, // in labels: paths of the machine that draws
  },
});
const WIDTH = 1600;
const POINTS = 300; // of a panel, as wide as it is drawn
const end = Number(options.at ?? Date.now() / 1000);
const range = [end - Number(options.minutes) * 60, end];
const step = Math.max(Number(options.scrape), Math.ceil((range[1] - range[0]) / POINTS));
const problems = [];

// Grafana's rules: $__rate_interval holds four scrapes at least.
const filled = (expression) =>
  expression
    .replaceAll('$__rate_interval', `${Math.max(step + Number(options.scrape), 4 * Number(options.scrape))}s`)
    .replaceAll('$__interval', `${step}s`)
    .replaceAll('$__range', `${options.minutes}m`)
    .replaceAll(/\$\{?kafka_cluster\}?/g, options.cluster)
    .replaceAll(/\$\{?(job|instance|broker_id|topic|log_dir|device)\}?/g, '.*');

async function ask(where, target) {
  const query = filled(target.expr);
  const left = /\$[a-z_{]/i.exec(query);
  if (left) {
    problems.push(`${where}: a variable is not filled in: ${query}`);
  }
  const instant = target.instant && !target.range;
  const parameters = instant ? { query, time: range[1] } : { query, start: range[0], end: range[1], step };
  const url = `${options.prometheus}/api/v1/${instant ? 'query' : 'query_range'}?${new URLSearchParams(parameters)}`;
  const answer = await (await fetch(url)).json();
  if (answer.status !== 'success') {
    problems.push(`${where}: ${answer.error}: ${query}`);
    return [];
  }
  for (const said of [...(answer.warnings ?? []), ...(answer.infos ?? [])]) {
    problems.push(`${where}: ${said}`);
  }
  return answer.data.result.map((row) => ({ metric: row.metric, values: row.values ?? [row.value] }));
}

async function answersOf(stem, dashboard) {
  const answers = {};
  for (const panel of dashboard.panels) {
    let rows = 0;
    for (const target of panel.targets ?? []) {
      const answer = await ask(`${stem}, panel ${panel.id} (${panel.title}), ${target.refId}`, target);
      answers[`${panel.id}/${target.refId}`] = answer;
      rows += answer.length;
    }
    if (panel.targets?.length) {
      console.log(`${stem}\t${panel.id}\t${panel.type}\t${rows} series\t${panel.title}`);
    }
  }
  for (const [number, annotation] of dashboard.annotations.list.entries()) {
    const answer = await ask(`${stem}, annotation ${annotation.name}`, annotation);
    answers[`annotation/${number}`] = answer;
    console.log(`${stem}\t-\tannotation\t${answer.length} series\t${annotation.name}`);
  }
  return answers;
}

// The page is served from memory: a file: address has no storage, which Grafana's components want.
async function shoot(page, file) {
  const pairs = options.replace.map((pair) => pair.split('='));
  const json = pairs.reduce((text, [from, to]) => text.replaceAll(from, to), JSON.stringify(page).replaceAll('<', '\\u003c'));
  const html = `<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/app.css"><body style="margin:0"><div id="root"></div><script>window.page=${json}</script><script src="/app.js"></script>`;
  const server = createServer((request, response) => {
    const [type, body] = bundled[request.url] ?? ['text/html', html];
    response.setHeader('content-type', type);
    response.end(body);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const profile = await mkdtemp(join(tmpdir(), 'brokerwatch-render-'));
  const flags = [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--hide-scrollbars', '--enable-logging=stderr',
    `--user-data-dir=${profile}`, `--window-size=${page.width},${page.height}`, '--virtual-time-budget=8000',
    `--screenshot=${file}`, `http://127.0.0.1:${server.address().port}/`,
  ];
  try {
    const { stderr } = await run(process.env.CHROMIUM ?? 'chromium', flags, { timeout: 120_000 });
    problems.push(...stderr.split('\n').filter((line) => line.includes('CONSOLE') && /Uncaught|Error/.test(line)));
  } finally {
    server.close();
    await rm(profile, { recursive: true, force: true });
  }
}

const bundle = await build({
  entryPoints: [join(here, 'app.tsx')],
  bundle: true,
  minify: true,
  write: false,
  outfile: 'app.js',
  define: { 'process.env.NODE_ENV': '"production"', 'process.env': '{}' },
  loader: { '.svg': 'dataurl', '.woff2': 'dataurl', '.woff': 'dataurl', '.ttf': 'dataurl' },
  logLevel: 'error',
});
const output = (suffix) => bundle.outputFiles.find((file) => file.path.endsWith(suffix))?.contents ?? '';
const bundled = { '/app.js': ['text/javascript', output('.js')], '/app.css': ['text/css', output('.css')] };

await mkdir(options.out, { recursive: true });
for (const path of files) {
  const stem = basename(path, '.json');
  const dashboard = JSON.parse(await readFile(path, 'utf8'));
  const answers = await answersOf(stem, dashboard);
  const rows = Math.max(...dashboard.panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  const page = { dashboard, answers, range, theme: options.theme, width: WIDTH, height: 48 + rows * 38 };
  const file = join(options.out, `${stem}-${options.theme}${options.suffix}.png`);
  await shoot(page, file);
  console.log(`wrote ${file}`);
}
for (const problem of problems) {
  console.error(`render: ${problem}`);
}
process.exitCode = problems.length ? 1 : 0;
