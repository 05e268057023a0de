//! The page of metrics, written when first asked for after anything changed or expired, and shared until then.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use super::gzip::Gzip;
use crate::collectors;
use crate::derive::View;
use crate::exposition::{Format, Page};
use crate::gather::{Context, now};
use crate::limits::{PAGE_BYTES, PAGE_BYTES_MAX};
use crate::snapshot::{Origin, Snapshot, UnixMs};

/// The newest page, in the forms that were asked for.
#[derive(Debug)]
pub struct Pages {
    slot: Mutex<Slot>,
    bytes_max: usize,
}

impl Default for Pages {
    fn default() -> Self {
        Self::up_to(PAGE_BYTES_MAX)
    }
}

#[derive(Debug, Default)]
struct Slot {
    current: Option<Current>,
    /// The page that was compressed last.
    gzip: Gzip,
}

#[derive(Debug)]
struct Current {
    generation: u64,
    /// The first moment at which a value that is on the page no longer counts.
    expires: UnixMs,
    page: Page,
    forms: Vec<((Format, bool), Bytes)>,
}

impl Pages {
    /// Pages of at most so many bytes before compression.
    #[must_use]
    pub fn up_to(bytes_max: usize) -> Self {
        Self { slot: Mutex::default(), bytes_max }
    }

    /// The page as it is true now.
    pub fn get(&self, context: &Context, format: Format, gzip: bool) -> Bytes {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        let Slot { current, gzip: compressed } = &mut *slot;
        // Read before the view: a change in between makes the page older than it is, never younger.
        let generation = context.store.generation();
        let at = now();
        let stale = |current: &Current| current.generation != generation || at >= current.expires;
        let current = match current.take() {
            Some(fresh) if !stale(&fresh) => current.insert(fresh),
            _ => current.insert(write_page(context, generation, at)),
        };
        if let Some((_, form)) = current.forms.iter().find(|(form, _)| *form == (format, gzip)) {
            return form.clone();
        }
        let mut pieces = current.page.render_in_pieces(format);
        if pieces.iter().map(Vec::len).sum::<usize>() > self.bytes_max {
            context.metrics.limit_hit(PAGE_BYTES);
            pieces = vec![b"# The page is larger than its limit; use --collector.partitions.detail=topics.\n".to_vec()];
        }
        let form = if gzip {
            *compressed = Gzip::after(std::mem::take(compressed), pieces);
            compressed.member()
        } else {
            pieces.concat()
        };
        let form = Bytes::from(form);
        current.forms.push(((format, gzip), form.clone()));
        form
    }

    /// What was seen, judged now.
    #[must_use]
    pub fn snapshot(&self, context: &Context) -> Snapshot {
        context.store.snapshot(origin(context), now())
    }
}

/// The endpoint that is spoken to, else the properties file that is read, else this host.
fn origin(context: &Context) -> Origin {
    let file = || context.store.read(|view| view.properties.last.as_ref().map(|seen| seen.value.path.clone()));
    let endpoint = context.endpoint().map(|endpoint| endpoint.to_string());
    Origin(endpoint.or_else(file).unwrap_or_else(|| "this host".to_owned()))
}

fn write_page(context: &Context, generation: u64, at: UnixMs) -> Current {
    let config = context.config.load();
    let snapshot = context.store.snapshot(origin(context), at);
    let mut page = Page::default();
    let mut expires = UnixMs(u64::MAX);
    for node in snapshot.nodes.values() {
        let view = View::new(node, snapshot.taken_at);
        let trouble = collectors::collect(view, &config.collectors, &mut page);
        for collector in trouble.panicked {
            context.metrics.panicked(collector);
            tracing::error!(collector, "A collector failed inside this program; please report it.");
        }
        let bounds = node.statuses().into_iter().filter_map(|status| status.valid_until);
        let left = bounds.map(|until| until.since(snapshot.taken_at)).filter(|left_ms| *left_ms > 0);
        expires = left.map(|left_ms| at.plus(left_ms)).fold(expires, UnixMs::min);
    }
    for (limit, hits) in page.limit_hits() {
        context.metrics.limit_hits(limit, hits);
    }
    context.metrics.observe_process();
    context.metrics.rendered(std::time::Duration::from_millis(now().since(at)));
    page.add_instruments(&context.metrics.gather());
    Current { generation, expires, page, forms: Vec::new() }
}
