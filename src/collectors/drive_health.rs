//! Health of the drives as they tell it themselves, and the kernel's log: both through `brokerwatch smart-helper`.
//!
//! A drive that stops answering is told as not readable, and its values are absent: never those of before.

use super::{Collector, Options, Seen};
use crate::derive::drive_health::current;
use crate::exposition::{Metric, Samples, Scope};
use crate::snapshot::{DriveHealth, DriveReading, KernelClass, UnixMs};
use crate::sources::{DRIVE_HEALTH, KERNEL_LOG};

pub(super) static COLLECTOR: Collector = Collector {
    name: "drive_health",
    about: "health of the machine's drives as they tell it themselves, and hardware in the kernel's log",
    sources: &[&DRIVE_HEALTH, &KERNEL_LOG],
    families: &[
        &READABLE.family,
        &LAST_READ.family,
        &FAILURE.family,
        &PASSED.family,
        &CRITICAL_WARNING.family,
        &TEMPERATURE.family,
        &TEMPERATURE_WARNING.family,
        &TEMPERATURE_CRITICAL.family,
        &WEAR.family,
        &SPARE.family,
        &SPARE_THRESHOLD.family,
        &READ.family,
        &WRITTEN.family,
        &POWER_ON.family,
        &UNSAFE_SHUTDOWNS.family,
        &MEDIA_ERRORS.family,
        &OVER_TEMPERATURE.family,
        &THROTTLED.family,
        &REALLOCATED.family,
        &PENDING.family,
        &UNCORRECTED.family,
        &CRC_ERRORS.family,
        &COMMAND_TIMEOUTS.family,
        &LOG_CLASSES.family,
        &LOG_EVENTS.family,
        &LOG_OVERRUNS.family,
    ],
    collect,
};

static READABLE: Metric<1> = Metric::gauge(
    "kafka_disk_health_readable",
    Scope::Broker,
    &["device"],
    "1 while the drive tells its health, 0 while it does not: it does not answer, is gone, or has none to tell.",
);
static LAST_READ: Metric<1> = Metric::gauge(
    "kafka_disk_health_last_read_timestamp_seconds",
    Scope::Broker,
    &["device"],
    "When the drive last told its health, as Unix time; absent when never.",
);
static FAILURE: Metric<2> = Metric::gauge(
    "kafka_disk_health_failure",
    Scope::Broker,
    &["device", "reason"],
    "1 while the health of the drive cannot be read, with the reason; unsupported for one that has none to tell.",
);
static PASSED: Metric<1> = Metric::gauge(
    "kafka_disk_smart_passed",
    Scope::Broker,
    &["device"],
    "1 while the drive's own verdict is good, 0 when it expects to fail; absent for drives without one.",
);
static CRITICAL_WARNING: Metric<2> = Metric::gauge(
    "kafka_disk_nvme_critical_warning",
    Scope::Broker,
    &["device", "condition"],
    "1 while an NVMe drive warns of a condition: spare, temperature, reliability, read_only, backup (its capacitor), \
     persistent_memory.",
);
static TEMPERATURE: Metric<1> = Metric::gauge(
    "kafka_disk_smart_temperature_celsius",
    Scope::Broker,
    &["device"],
    "Temperature of the drive, as it tells it.",
);
static TEMPERATURE_WARNING: Metric<1> = Metric::gauge(
    "kafka_disk_smart_temperature_warning_celsius",
    Scope::Broker,
    &["device"],
    "Temperature that the drive's maker calls too warm; absent when it names none.",
);
static TEMPERATURE_CRITICAL: Metric<1> = Metric::gauge(
    "kafka_disk_smart_temperature_critical_celsius",
    Scope::Broker,
    &["device"],
    "Temperature that the drive's maker calls dangerous; absent when it names none.",
);
static WEAR: Metric<1> = Metric::gauge(
    "kafka_disk_wear_ratio",
    Scope::Broker,
    &["device"],
    "Share of the drive's expected life that is used; may go beyond 1, which is no failure.",
);
static SPARE: Metric<1> = Metric::gauge(
    "kafka_disk_nvme_available_spare_ratio",
    Scope::Broker,
    &["device"],
    "Share of the spare blocks of an NVMe drive that is left.",
);
static SPARE_THRESHOLD: Metric<1> = Metric::gauge(
    "kafka_disk_nvme_available_spare_threshold_ratio",
    Scope::Broker,
    &["device"],
    "Share of spare blocks at which the drive's maker wants it replaced.",
);
static READ: Metric<1> = Metric::counter(
    "kafka_disk_smart_read_bytes_total",
    Scope::Broker,
    &["device"],
    "Bytes that were read from an NVMe drive in its life.",
);
static WRITTEN: Metric<1> = Metric::counter(
    "kafka_disk_smart_written_bytes_total",
    Scope::Broker,
    &["device"],
    "Bytes that were written to an NVMe drive in its life.",
);
static POWER_ON: Metric<1> = Metric::counter(
    "kafka_disk_power_on_seconds_total",
    Scope::Broker,
    &["device"],
    "Time that the drive was on in its life, in whole hours.",
);
static UNSAFE_SHUTDOWNS: Metric<1> = Metric::counter(
    "kafka_disk_nvme_unsafe_shutdowns_total",
    Scope::Broker,
    &["device"],
    "Times that an NVMe drive lost power without being told before.",
);
static MEDIA_ERRORS: Metric<1> = Metric::counter(
    "kafka_disk_nvme_media_errors_total",
    Scope::Broker,
    &["device"],
    "Times that data on an NVMe drive could not be read back as it was written.",
);
static OVER_TEMPERATURE: Metric<2> = Metric::counter(
    "kafka_disk_nvme_over_temperature_seconds_total",
    Scope::Broker,
    &["device", "level"],
    "Time that an NVMe drive was above its limit of temperature, in whole minutes.",
);
static THROTTLED: Metric<2> = Metric::counter(
    "kafka_disk_nvme_thermal_throttle_seconds_total",
    Scope::Broker,
    &["device", "level"],
    "Time that an NVMe drive slowed itself down for its temperature: lightly (1) or heavily (2).",
);
static REALLOCATED: Metric<1> = Metric::gauge(
    "kafka_disk_reallocated_sectors",
    Scope::Broker,
    &["device"],
    "Sectors that the drive replaced by spare ones (SAS: grown defects).",
);
static PENDING: Metric<1> = Metric::gauge(
    "kafka_disk_pending_sectors",
    Scope::Broker,
    &["device"],
    "Sectors of an ATA drive that cannot be read and wait to be replaced.",
);
static UNCORRECTED: Metric<2> = Metric::counter(
    "kafka_disk_uncorrected_errors_total",
    Scope::Broker,
    &["device", "kind"],
    "Errors that the drive could not correct: reported, offline, end_to_end (ATA), read, write, verify (SAS).",
);
static CRC_ERRORS: Metric<1> = Metric::counter(
    "kafka_disk_crc_errors_total",
    Scope::Broker,
    &["device"],
    "Errors on the way to an ATA drive: cable, backplane or controller.",
);
static COMMAND_TIMEOUTS: Metric<1> = Metric::counter(
    "kafka_disk_command_timeouts_total",
    Scope::Broker,
    &["device"],
    "Commands that an ATA drive did not answer in time, as it counts them.",
);
static LOG_CLASSES: Metric<1> = Metric::counter(
    "kafka_kernel_log_class_events_total",
    Scope::Broker,
    &["class"],
    "Records of a class in the kernel's log since boot, 0 for classes without any; a floor, since the kernel limits their \
     rate.",
);
static LOG_EVENTS: Metric<2> = Metric::counter(
    "kafka_kernel_log_events_total",
    Scope::Broker,
    &["class", "device"],
    "Records of a class in the kernel's log since boot by the device that they name, empty when they name none; begins with \
     the first.",
);
static LOG_OVERRUNS: Metric<0> = Metric::counter(
    "kafka_kernel_log_overruns_total",
    Scope::Broker,
    &[],
    "Records of the kernel's log that were overwritten before they were read.",
);

fn collect(Seen { view, .. }: Seen<'_>, _: &Options, samples: &mut Samples) {
    if let Some(seen) = view.node.drive_health.fresh(view.now) {
        for (device, reading) in &seen.drives {
            drive(device, reading, view.now, samples);
        }
    }
    if let Some(log) = view.node.kernel_log.fresh(view.now) {
        for class in KernelClass::ALL {
            let of_class = log.events.iter().filter(|event| event.class == class);
            samples.push(
                &LOG_CLASSES,
                [class.as_str()],
                of_class.map(|event| event.count).fold(0, u64::saturating_add),
            );
        }
        for event in &log.events {
            samples.push(&LOG_EVENTS, [event.class.as_str(), &event.device], event.count);
        }
        samples.push(&LOG_OVERRUNS, [], log.overruns);
    }
}

fn drive(device: &str, reading: &DriveReading, now: UnixMs, samples: &mut Samples) {
    let health = current(reading, now);
    samples.push(&READABLE, [device], health.is_some());
    if let Some(at) = reading.last_read_at {
        samples.push(&LAST_READ, [device], at.seconds());
    }
    if let Some(failure) = &reading.failure {
        samples.push(&FAILURE, [device, failure.kind.as_str()], 1);
    }
    if let Some(health) = health {
        states(device, health, samples);
        counts(device, health, samples);
    }
}

fn states(device: &str, health: &DriveHealth, samples: &mut Samples) {
    if let Some(passed) = health.passed {
        samples.push(&PASSED, [device], passed);
    }
    for (condition, on) in &health.critical_warnings {
        samples.push(&CRITICAL_WARNING, [device, condition], *on);
    }
    let temperatures = [
        (&TEMPERATURE, health.temperature_celsius),
        (&TEMPERATURE_WARNING, health.temperature_warning_celsius),
        (&TEMPERATURE_CRITICAL, health.temperature_critical_celsius),
    ];
    for (metric, celsius) in temperatures {
        if let Some(celsius) = celsius {
            samples.push(metric, [device], celsius);
        }
    }
    let ratios = [
        (&WEAR, health.used_percent),
        (&SPARE, health.spare_percent),
        (&SPARE_THRESHOLD, health.spare_threshold_percent),
    ];
    for (metric, percent) in ratios {
        if let Some(percent) = percent {
            samples.push(metric, [device], percent as f64 / 100.0);
        }
    }
}

fn counts(device: &str, health: &DriveHealth, samples: &mut Samples) {
    let seconds = |count: Option<u64>, each: u64| count.map(|count| count.saturating_mul(each));
    let facts = [
        (&READ, health.read_bytes),
        (&WRITTEN, health.written_bytes),
        (&POWER_ON, seconds(health.power_on_hours, 3_600)),
        (&UNSAFE_SHUTDOWNS, health.unsafe_shutdowns),
        (&MEDIA_ERRORS, health.media_errors),
        (&REALLOCATED, health.reallocated_sectors),
        (&PENDING, health.pending_sectors),
        (&CRC_ERRORS, health.crc_errors),
        (&COMMAND_TIMEOUTS, health.command_timeouts),
    ];
    for (metric, count) in facts {
        if let Some(count) = count {
            samples.push(metric, [device], count);
        }
    }
    let over = [
        ("warning", seconds(health.warning_temperature_minutes, 60)),
        ("critical", seconds(health.critical_temperature_minutes, 60)),
    ];
    for (level, time) in over {
        if let Some(time) = time {
            samples.push(&OVER_TEMPERATURE, [device, level], time);
        }
    }
    for (level, time) in ["1", "2"].into_iter().zip(health.throttled_seconds) {
        if let Some(time) = time {
            samples.push(&THROTTLED, [device, level], time);
        }
    }
    for (kind, errors) in &health.uncorrected_errors {
        samples.push(&UNCORRECTED, [device, kind], *errors);
    }
}
