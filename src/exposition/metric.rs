//! A metric, declared once as a static: what tables, headers and the compiler need to know of it.

/// Who reports a metric, and so how a fleet's series add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// What this broker leads, hosts or is: `sum` over the fleet is right.
    Broker,
    /// A bad count of the whole cluster, reported by all: `max` is right.
    ClusterMax,
    /// A good count of the whole cluster, reported by all: `min` is right.
    ClusterMin,
    /// About this program itself.
    Itself,
}

impl Scope {
    /// As in the table of metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Broker => "broker",
            Self::ClusterMax => "cluster (max)",
            Self::ClusterMin => "cluster (min)",
            Self::Itself => "itself",
        }
    }
}

/// Kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A value that goes up and down.
    Gauge,
    /// A value that only grows while the process lives.
    Counter,
    /// Labels only; the value is 1.
    Info,
}

impl Kind {
    /// As in the table of metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Info => "info",
        }
    }
}

/// A metric without its labels' number: what tables and headers need.
#[derive(Debug)]
pub struct Family {
    /// Full name, as on the page.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Who reports it.
    pub scope: Scope,
    /// Names of its labels.
    pub labels: &'static [&'static str],
    /// One sentence: what it is, and when it is absent.
    pub help: &'static str,
}

impl Family {
    /// Unit as the last word of the name tells it; empty for counts and states.
    #[must_use]
    pub fn unit(&self) -> &'static str {
        let stem = self.name.strip_suffix("_total").unwrap_or(self.name);
        ["seconds", "bytes", "ratio"].into_iter().find(|unit| stem.ends_with(&format!("_{unit}"))).unwrap_or("")
    }
}

/// A metric with `N` labels, declared once as a static. A sample with another number of labels does not compile.
#[derive(Debug)]
pub struct Metric<const N: usize> {
    /// Its description.
    pub family: Family,
}

impl<const N: usize> Metric<N> {
    /// A gauge.
    #[must_use]
    pub const fn gauge(
        name: &'static str,
        scope: Scope,
        labels: &'static [&'static str; N],
        help: &'static str,
    ) -> Self {
        Self { family: Family { name, kind: Kind::Gauge, scope, labels, help } }
    }

    /// A counter; the name ends in `_total`.
    #[must_use]
    pub const fn counter(
        name: &'static str,
        scope: Scope,
        labels: &'static [&'static str; N],
        help: &'static str,
    ) -> Self {
        Self { family: Family { name, kind: Kind::Counter, scope, labels, help } }
    }

    /// Labels only; the name ends in `_info`.
    #[must_use]
    pub const fn info(
        name: &'static str,
        scope: Scope,
        labels: &'static [&'static str; N],
        help: &'static str,
    ) -> Self {
        Self { family: Family { name, kind: Kind::Info, scope, labels, help } }
    }
}
