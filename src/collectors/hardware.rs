//! Faults that the machine's hardware reports.

use super::{Collector, Options, Seen};
use crate::exposition::{Metric, Samples, Scope};
use crate::sources::HARDWARE;

pub(super) static COLLECTOR: Collector = Collector {
    name: "hardware",
    about: "faults that memory, processors, PCIe and sensors of the machine report",
    sources: &[&HARDWARE],
    families: &[
        &INFO.family,
        &MEMORY_ERRORS.family,
        &MACHINE_CHECKS.family,
        &THROTTLED.family,
        &THROTTLE_EVENTS.family,
        &FREQUENCY.family,
        &PCIE_ERRORS.family,
        &SENSOR_ALARM.family,
    ],
    collect,
};

static INFO: Metric<4> = Metric::info(
    "kafka_host_info",
    Scope::Broker,
    &["kernel", "microcode", "bios", "product"],
    "Kernel, microcode, firmware and model of the machine; a label is empty when it is not known.",
);
static MEMORY_ERRORS: Metric<3> = Metric::counter(
    "kafka_host_memory_errors_total",
    Scope::Broker,
    &["controller", "dimm", "kind"],
    "Errors of a memory module, corrected or not, since its driver was loaded; dimm is unknown for errors that the controller \
     could not place, and empty where only the controller counts. Absent without an EDAC driver.",
);
static MACHINE_CHECKS: Metric<1> = Metric::counter(
    "kafka_host_machine_checks_total",
    Scope::Broker,
    &["kind"],
    "Machine check interrupts since the machine booted: an exception, a threshold of corrected errors, a deferred error; \
     absent where /proc/interrupts is masked, as in containers.",
);
static THROTTLED: Metric<2> = Metric::counter(
    "kafka_host_cpu_throttled_seconds_total",
    Scope::Broker,
    &["package", "part"],
    "Time that a package of processors was slowed down because it was hot, as a whole, or all its cores added up; absent on \
     other processors than Intel's and in containers.",
);
static THROTTLE_EVENTS: Metric<1> = Metric::counter(
    "kafka_host_cpu_throttle_events_total",
    Scope::Broker,
    &["package"],
    "Times that a package was slowed down because it was hot; only of kernels that do not tell for how long.",
);
static FREQUENCY: Metric<1> = Metric::gauge(
    "kafka_host_cpu_frequency_ratio",
    Scope::Broker,
    &["package"],
    "Highest current frequency among some processors of a package, as a share of what it runs at without turbo, or of its \
     highest one where that is not told; low while busy means that a power or heat limit holds it down.",
);
static PCIE_ERRORS: Metric<4> = Metric::counter(
    "kafka_host_pcie_errors_total",
    Scope::Broker,
    &["device", "used_by", "part", "kind"],
    "PCIe errors of the drives and network cards that the broker uses (endpoint), and of the ports right above them \
     (upstream), since the machine booted; absent where the firmware keeps them to itself.",
);
static SENSOR_ALARM: Metric<3> = Metric::gauge(
    "kafka_host_sensor_alarm",
    Scope::Broker,
    &["chip", "sensor", "label"],
    "1 while a chip raises this alarm by its own limits, 0 while it does not; sensor is the alarm's file in /sys/class/hwmon. \
     Drives' own sensors are not among them.",
);

fn collect(Seen { view, .. }: Seen<'_>, _: &Options, samples: &mut Samples) {
    let Some(hardware) = view.node.hardware.fresh(view.now) else { return };
    let facts = [&hardware.kernel, &hardware.microcode, &hardware.bios, &hardware.product];
    if facts.iter().any(|fact| fact.is_some()) {
        samples.push(&INFO, facts.map(|fact| fact.as_deref().unwrap_or("")), 1);
    }
    for module in &hardware.memory {
        for (kind, count) in [("correctable", module.correctable), ("uncorrectable", module.uncorrectable)] {
            if let Some(count) = count {
                samples.push(&MEMORY_ERRORS, [&module.controller, &module.dimm, kind], count);
            }
        }
    }
    for (kind, count) in &hardware.machine_checks {
        samples.push(&MACHINE_CHECKS, [kind], *count);
    }
    for package in &hardware.packages {
        let number = package.package.to_string();
        for (part, ms) in [("package", package.throttled_ms), ("cores", package.cores_throttled_ms)] {
            if let Some(ms) = ms {
                samples.push(&THROTTLED, [&number, part], ms as f64 / 1e3);
            }
        }
        if let Some(events) = package.throttle_events {
            samples.push(&THROTTLE_EVENTS, [&number], events);
        }
        if let Some(ratio) = package.frequency_ratio {
            samples.push(&FREQUENCY, [&number], ratio);
        }
    }
    for errors in &hardware.pcie {
        let part = if errors.upstream { "upstream" } else { "endpoint" };
        let counts = [("correctable", errors.correctable), ("nonfatal", errors.nonfatal), ("fatal", errors.fatal)];
        for (kind, count) in counts {
            if let Some(count) = count {
                samples.push(&PCIE_ERRORS, [&errors.device, &errors.used_by, part, kind], count);
            }
        }
    }
    for alarm in hardware.sensors.iter().flatten() {
        samples.push(&SENSOR_ALARM, [&alarm.chip, &alarm.sensor, &alarm.label], alarm.raised);
    }
}
