//! The thresholds of the rules. What the text of an alert tells as a number is none: it would be false once it is set.

use std::fmt::Write;

/// A threshold of the rules.
#[derive(Debug)]
pub struct Threshold {
    /// Its key, after `--set`.
    pub key: &'static str,
    /// Its value, as the rules have it.
    pub default: &'static str,
    /// Its unit, in words.
    pub unit: &'static str,
    /// The least value that makes sense.
    pub least: f64,
    /// The greatest one.
    pub most: f64,
    /// What it decides, and why the default is what it is.
    pub why: &'static str,
}

macro_rules! thresholds {
    ($($key:ident = $default:literal, $unit:literal, $least:literal to $most:literal, $why:literal;)*) => {
        /// Every threshold.
        pub static THRESHOLDS: &[Threshold] = &[$(Threshold {
            key: stringify!($key),
            default: $default,
            unit: $unit,
            least: $least,
            most: $most,
            why: $why,
        },)*];
    };
}

thresholds! {
    leaders_factor = "2", "times the average", 1.2 to 100.0,
        "How many times the average a broker leads (KafkaLeadersConcentrated). Brokers of very different size: higher.";
    leaders_least = "30", "partitions", 1.0 to 1_000_000.0,
        "How many partitions a broker leads at least for that: with few of them any order is uneven (KafkaLeadersConcentrated).";
    quorum_behind_seconds = "300", "seconds", 180.0 to 86_400.0,
        "How long a voter may not have been caught up (KafkaQuorumVoterBehind). What is told is up to two minutes old.";
    sidecar_failures = "3", "failures within an hour", 0.0 to 1_000.0,
        "How often parts of a sidecar may fail (KafkaSidecarFailure). A drive that dies may take a reader along or two.";
    sidecar_certificate_seconds = "604800", "seconds", 3_600.0 to 31_536_000.0,
        "How long before its end a certificate of our own endpoint is told (KafkaSidecarCertificateEnds): a week, as renewals that work come earlier.";
    open_files_ratio = "0.8", "ratio of the limit", 0.1 to 0.99,
        "How many of its descriptors a node may have opened (KafkaProcessOpenFilesNearLimit).";
    memory_maps_ratio = "0.8", "ratio of the limit", 0.1 to 0.99,
        "How many of its memory maps a node may have (KafkaProcessMemoryMapsNearLimit).";
    cpu_limit_ratio = "0.25", "ratio of periods", 0.01 to 1.0,
        "In how many periods of its CPU limit a node may be stopped (KafkaProcessCpuThrottled).";
    run_queue_ratio = "0.5", "seconds of waiting for each that it runs", 0.05 to 100.0,
        "How long a node's threads may wait for a processor (KafkaProcessRunQueueDelay).";
    jvm_gc_ratio = "0.1", "ratio of time", 0.005 to 0.9,
        "How much of the time the JVM may stand still for collections (KafkaJvmGcOverhead).";
    jvm_safepoint_ratio = "0.02", "ratio of time", 0.001 to 0.9,
        "How much of the time the JVM may wait for its last thread to stop (KafkaJvmSafepointSync).";
    memory_corrected_errors = "10", "errors of a module within a day", 0.0 to 1_000_000.0,
        "How many errors a memory module may correct (KafkaHostMemoryCorrectableStorm).";
    memory_pressure_ratio = "0.05", "ratio of time", 0.001 to 0.9,
        "How much of the time a machine may stand still for want of memory (KafkaHostMemoryPressure).";
    io_pressure_ratio = "0.2", "ratio of time", 0.01 to 0.99,
        "How much of the time a machine may stand still for its drives (KafkaHostIoPressure). Hard disks under load: higher.";
    memory_dirty_ratio = "0.8", "ratio of the kernel's limit", 0.1 to 0.99,
        "How near pages that wait to be written may come to where writers wait (KafkaHostWritebackBackedUp).";
    cpu_throttled_ratio = "0.01", "ratio of time", 0.001 to 0.9,
        "How much of the time a package may be slowed for its heat (KafkaHostThermalThrottle).";
    cpu_throttle_rate = "0.1", "times a second", 0.001 to 1_000.0,
        "How often it may be, where the time is not told (KafkaHostThermalThrottle).";
    cpu_frequency_ratio = "0.6", "ratio of the frequency", 0.1 to 0.99,
        "Below which part of its frequency a busy package is held down (KafkaHostCpuFrequencyCapped).";
    cpu_busy_ratio = "0.3", "ratio of processor time", 0.05 to 0.99,
        "From where a machine is busy (KafkaHostCpuFrequencyCapped): an idle one lowers its frequency by itself.";
    cpu_steal_ratio = "0.1", "ratio of processor time", 0.005 to 0.9,
        "How much of it a hypervisor may give to others (KafkaHostCpuSteal).";
    pcie_corrected_errors = "100", "errors of a device within an hour", 0.0 to 1_000_000.0,
        "How many errors a link may correct (KafkaHostPcieErrorsCorrected).";
    nic_errors = "10", "errors within five minutes", 0.0 to 1_000_000.0,
        "How many errors a card may have (KafkaNicErrors), with nic_errors_ratio.";
    nic_errors_ratio = "0.0001", "ratio of packets", 0.000001 to 0.5,
        "In how many of its packets it may have them (KafkaNicErrors).";
    nic_crc_errors = "10", "packets within 15 minutes", 0.0 to 1_000_000.0,
        "How many packets may come in damaged (KafkaNicErrors): a cable that is well damages none.";
    nic_carrier_losses = "1.5", "times within 15 minutes", 0.0 to 1_000.0,
        "How often a card may lose its link (KafkaNicFlapping). One loss counts for up to 1.1, as Prometheus extrapolates.";
    nic_speed_ratio = "0.99", "ratio of the last week's best", 0.05 to 0.99,
        "Below which part of its speed a card is slower than it was (KafkaNicSpeedDowngraded).";
    tcp_retransmits_ratio = "0.01", "ratio of segments", 0.0001 to 0.5,
        "How many segments a machine may send again (KafkaHostTcpRetransmits).";
    conntrack_used_ratio = "0.75", "ratio of the limit", 0.1 to 0.99,
        "How full the firewall's table of connections may be (KafkaHostConntrackNearLimit).";
    peer_retransmits_ratio = "0.02", "ratio of segments", 0.0005 to 0.5,
        "How many segments to a broker may be sent again (KafkaPeerLinkLossy, KafkaPeerLinkBad).";
    peer_rtt_seconds = "0.01", "seconds", 0.0001 to 10.0,
        "From which time to a broker on it can be too long (KafkaPeerLinkBad). Between regions: higher.";
    peer_rtt_factor = "5", "times the last day's", 1.5 to 1_000.0,
        "How many times as long as the last day it must be (KafkaPeerLinkBad).";
    clock_error_seconds = "16", "seconds", 1.0 to 1_000.0,
        "From which greatest error on nobody keeps a clock (KafkaHostClockNotSynchronised): the kernel gives up at 16.";
    clock_offset_seconds = "0.05", "seconds", 0.001 to 60.0,
        "How far a clock may be from its reference (KafkaHostClockOffset).";
    clock_skew_seconds = "5", "seconds", 1.0 to 3_600.0,
        "How far a clock may be from the median of its cluster, or of two from that of Prometheus (KafkaHostClockSkew).";
    drive_slow_deviations = "3.5", "robust deviations", 2.0 to 20.0,
        "How far above its peers a drive is slow (KafkaDriveFailSlow, KafkaDriveSlowAmongPeers).";
    drive_stall_seconds = "10", "seconds", 3.0 to 600.0,
        "How long a drive may hold operations of which none ends (KafkaDriveStalled). From there on it is stalled and not slow.";
    drive_slow_day_seconds = "1800", "seconds within a day", 60.0 to 86_400.0,
        "How long a drive may be slow, all times together (KafkaDriveSlowIntermittent).";
    drive_io_errors = "5", "commands within 15 minutes", 0.0 to 1_000_000.0,
        "How many commands may fail (KafkaDriveIoErrors): each question of smartd to a healthy SATA drive counts.";
    drive_link_errors = "10", "errors within an hour", 0.0 to 1_000_000.0,
        "How many errors the SAS link of a drive may have (KafkaDriveSasErrors).";
    drive_wear_ratio = "0.9", "ratio of its life", 0.1 to 2.0,
        "How much of its expected life a drive may have used (KafkaDriveWearOut).";
    log_dir_stuck_seconds = "30", "seconds", 5.0 to 3_600.0,
        "How long a log directory may not answer a look at it (KafkaLogDirStuck).";
    log_dir_free_ratio = "0.05", "ratio of the file system", 0.001 to 0.9,
        "How little room may be left (KafkaLogDirSpaceCritical). Of drives of many terabytes: lower.";
    log_dir_inodes_ratio = "0.05", "ratio of the inodes", 0.001 to 0.9,
        "How few inodes may be left (KafkaLogDirInodesLow).";
    log_dir_fills_ratio = "0.25", "ratio of the file system", 0.01 to 1.0,
        "From how little room on it is foretold when a log directory is full (KafkaLogDirFillsSoon).";
    log_dir_retention_fits_ratio = "0.85", "ratio of the file system", 0.1 to 1.0,
        "Up to where retention fits, so that a log directory that fills will stop (KafkaLogDirFillsSoon).";
    log_dir_retention_ratio = "0.9", "ratio of the file system", 0.1 to 2.0,
        "What retention may come to (KafkaLogDirOvercommittedByRetention).";
    checkpoint_age_seconds = "25", "seconds", 8.0 to 600.0,
        "How old the checkpoints of high watermarks may be (KafkaBrokerCheckpointLoopHung). Below 20 it comes before KafkaDriveStalled, which names the drive.";
}

/// Every threshold as a page of Markdown.
#[must_use]
pub fn markdown() -> String {
    let mut out = String::from(
        "# Thresholds of the rules\n\nMade from `src/alerts/thresholds.rs`. `brokerwatch alerts --set KEY=VALUE` prints the rules \
         with another one.\n\n| key | default | unit | from, to | what it decides |\n|---|---|---|---|---|\n",
    );
    for Threshold { key, default, unit, least, most, why, .. } in THRESHOLDS {
        let _ = writeln!(out, "| `{key}` | {default} | {unit} | {least}, {most} | {why} |");
    }
    out
}

impl Threshold {
    /// `value` when it can stand in the rules.
    pub(super) fn check(&self, value: &str) -> Result<(), String> {
        let number = value.parse::<f64>().ok().filter(|_| value.starts_with(|first: char| first.is_ascii_digit()));
        let number = number.ok_or_else(|| format!("{value} is not a number"))?;
        if (self.least..=self.most).contains(&number) {
            return Ok(());
        }
        Err(format!("{value} is not between {} and {} ({})", self.least, self.most, self.unit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_stays_within_its_bounds() {
        let ratio = Threshold { key: "used_ratio", default: "0.9", unit: "ratio", least: 0.1, most: 1.0, why: "" };
        assert_eq!(ratio.check("0.95"), Ok(()));
        for (value, error) in [
            ("1.1", "1.1 is not between 0.1 and 1 (ratio)"),
            ("95%", "95% is not a number"),
            ("NaN", "NaN is not a number"),
            ("inf", "inf is not a number"),
            ("-1", "-1 is not a number"),
            ("0.5 or vector(1)", "0.5 or vector(1) is not a number"),
        ] {
            assert_eq!(ratio.check(value).unwrap_err(), error);
        }
    }
}
