//! Parsers of the files in `/proc/PID`, all pure: bytes in, facts or nothing out (proc(5)).

use crate::snapshot::{ProcessIo, WaitClass};

/// A `/proc/PID/stat`, or that of one thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessStat {
    /// State letter.
    pub state: char,
    /// Page faults that waited for a drive.
    pub major_faults: u64,
    /// Clock ticks in its own code.
    pub user_ticks: u64,
    /// Clock ticks in the kernel.
    pub system_ticks: u64,
    /// Threads.
    pub threads: u64,
    /// Start in clock ticks since boot.
    pub start_ticks: u64,
    /// Clock ticks that this one thread waited for drives; 0 when the kernel does not account them.
    pub block_io_ticks: u64,
}

/// Reads a `stat`, whose second field may itself hold blanks, parentheses and any bytes.
#[must_use]
pub fn parse_process_stat(bytes: &[u8]) -> Option<ProcessStat> {
    let name_ends = bytes.iter().rposition(|byte| *byte == b')')?;
    let behind = std::str::from_utf8(bytes.get(name_ends + 1..)?).ok()?;
    let mut fields = behind.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    // The next field is the fourth of the manual.
    let mut next = 4;
    let mut number = |field: usize| {
        let found = fields.nth(field - next)?.parse::<u64>().ok();
        next = field + 1;
        found
    };
    Some(ProcessStat {
        state,
        major_faults: number(12)?,
        user_ticks: number(14)?,
        system_ticks: number(15)?,
        threads: number(20)?,
        start_ticks: number(22)?,
        block_io_ticks: number(42).unwrap_or(0),
    })
}

/// Nanoseconds that a thread was ready to run and waited: the second number of a `schedstat`.
#[must_use]
pub fn parse_schedstat(bytes: &[u8]) -> Option<u64> {
    let mut numbers = std::str::from_utf8(bytes).ok()?.split_ascii_whitespace().map(str::parse::<u64>);
    let (_, wait) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    Some(wait)
}

/// Bytes of a line `KEY: N kB` of a `status` or a `meminfo`.
#[must_use]
pub fn parse_kibibytes(bytes: &[u8], key: &str) -> Option<u64> {
    let line = line_of(bytes, key)?;
    line.strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// The text behind `KEY:`, trimmed.
fn line_of<'a>(bytes: &'a [u8], key: &str) -> Option<&'a str> {
    let lines = bytes.split(|byte| *byte == b'\n');
    let mut values = lines.filter_map(|line| line.strip_prefix(key.as_bytes())?.strip_prefix(b":"));
    std::str::from_utf8(values.next()?).ok().map(str::trim)
}

/// A `/proc/PID/io`. One line that is missing or broken spoils it: its numbers are read against each other.
#[must_use]
pub fn parse_process_io(bytes: &[u8]) -> Option<ProcessIo> {
    let number = |key| line_of(bytes, key)?.parse::<u64>().ok();
    Some(ProcessIo {
        rchar: number("rchar")?,
        wchar: number("wchar")?,
        read_bytes: number("read_bytes")?,
        write_bytes: number("write_bytes")?,
        cancelled_write_bytes: number("cancelled_write_bytes")?,
    })
}

/// Soft limit of open files in a `/proc/PID/limits`; `u64::MAX` is unlimited.
#[must_use]
pub fn parse_max_files(bytes: &[u8]) -> Option<u64> {
    let mut lines = bytes.split(|byte| *byte == b'\n').filter_map(|line| line.strip_prefix(b"Max open files"));
    match std::str::from_utf8(lines.next()?).ok()?.split_ascii_whitespace().next()? {
        "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    }
}

/// What a thread in uninterruptible sleep waits for, by the kernel function in its `wchan`; kernels 4.18 to 6.18.
#[must_use]
pub fn parse_wchan(bytes: &[u8]) -> WaitClass {
    /// Beginnings of the names of functions, the first that fits counts.
    const FUNCTIONS: &[(&str, WaitClass)] = &[
        ("balance_dirty_pages", WaitClass::Writeback),
        ("wb_wait_for_completion", WaitClass::Writeback),
        ("jbd2_", WaitClass::Journal),
        ("wait_transaction_locked", WaitClass::Journal),
        ("start_this_handle", WaitClass::Journal),
        ("xlog_", WaitClass::Journal),
        ("xfs_log_", WaitClass::Journal),
        ("btrfs_commit_transaction", WaitClass::Journal),
        ("wait_current_trans", WaitClass::Journal),
        ("nfs", WaitClass::NetworkFs),
        ("rpc_", WaitClass::NetworkFs),
        ("cifs", WaitClass::NetworkFs),
        ("smb2_", WaitClass::NetworkFs),
        ("ceph_", WaitClass::NetworkFs),
        ("request_wait_answer", WaitClass::NetworkFs),
        ("fuse_", WaitClass::NetworkFs),
        ("shrink_", WaitClass::Memory),
        ("congestion_wait", WaitClass::Memory),
        ("reclaim_throttle", WaitClass::Memory),
        ("mem_cgroup_", WaitClass::Memory),
        ("throttle_direct_reclaim", WaitClass::Memory),
        ("folio_wait_bit", WaitClass::Disk),
        ("wait_on_page_bit", WaitClass::Disk),
        ("__lock_page", WaitClass::Disk),
        ("__folio_lock", WaitClass::Disk),
        ("io_schedule", WaitClass::Disk),
        ("bit_wait_io", WaitClass::Disk),
        ("out_of_line_wait_on_bit", WaitClass::Disk),
        ("__wait_on_buffer", WaitClass::Disk),
        ("wait_on_buffer", WaitClass::Disk),
        ("submit_bio_wait", WaitClass::Disk),
        ("blk_", WaitClass::Disk),
        ("__blk", WaitClass::Disk),
        ("blkdev_", WaitClass::Disk),
        ("rq_qos_wait", WaitClass::Disk),
        ("wbt_wait", WaitClass::Disk),
        ("iomap_dio", WaitClass::Disk),
        ("__iomap_dio", WaitClass::Disk),
        ("md_", WaitClass::Disk),
        ("raid", WaitClass::Disk),
        ("xfs_buf", WaitClass::Disk),
        ("ext4_", WaitClass::Disk),
        ("do_get_write_access", WaitClass::Journal),
        ("rwsem_", WaitClass::Lock),
        ("__rwsem", WaitClass::Lock),
        ("down_", WaitClass::Lock),
        ("__down", WaitClass::Lock),
        ("mutex_", WaitClass::Lock),
        ("__mutex", WaitClass::Lock),
        ("rt_mutex", WaitClass::Lock),
        ("lock_", WaitClass::Lock),
    ];
    let Ok(name) = std::str::from_utf8(bytes) else { return WaitClass::Unknown };
    let name = name.trim_matches(|character: char| character == '\0' || character.is_whitespace());
    if name.is_empty() || name == "0" {
        return WaitClass::Unknown;
    }
    let known = FUNCTIONS.iter().find(|(start, _)| name.starts_with(start));
    known.map_or(WaitClass::Other, |(_, class)| *class)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STAT: &[u8] =
        b"21880 (ja) va \xff) S 1 21880 21880 0 -1 1077936128 51234 0 37 0 9120 2210 0 0 20 0 93 0 123456 \
        5368709120 262144 18446744073709551615 1 1 0 0 0 0 0 4096 16800975 0 0 0 17 3 0 0 41 0 0 0 0 0 0 0 0 0 0\n";

    #[test]
    fn a_stat_is_read_whatever_the_name_is() {
        let expected = ProcessStat {
            state: 'S',
            major_faults: 37,
            user_ticks: 9120,
            system_ticks: 2210,
            threads: 93,
            start_ticks: 123_456,
            block_io_ticks: 41,
        };
        assert_eq!(parse_process_stat(STAT), Some(expected));
        assert_eq!(parse_process_stat(&STAT[..60]), None, "truncated");
        assert_eq!(parse_process_stat(b""), None);
    }

    #[test]
    fn lines_with_units_are_read_and_broken_ones_are_not() {
        let status = b"Name:\tjava \xff\nVmSwap:\t      12 kB\nRssAnon:\t 18446744073709551615 kB\nRssFile:\t5\n";
        assert_eq!(parse_kibibytes(status, "VmSwap"), Some(12 << 10));
        assert_eq!(parse_kibibytes(status, "RssAnon"), None, "it overflows");
        assert_eq!(parse_kibibytes(status, "RssFile"), None, "it has no unit");
        assert_eq!(parse_kibibytes(status, "RssShmem"), None);
        assert_eq!(parse_max_files(b"Max open files            1024                 4096      files\n"), Some(1024));
        assert_eq!(parse_max_files(b"Max open files            unlimited            unlimited files"), Some(u64::MAX));
        assert_eq!(parse_max_files(b"Max open files  \n"), None);
        assert_eq!(parse_schedstat(b"107013 45236 7\n"), Some(45_236));
        assert_eq!(parse_schedstat(b"107013\n"), None);
    }

    #[test]
    fn io_is_whole_or_absent() {
        let whole =
            b"rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\ncancelled_write_bytes: 7\n";
        let io = ProcessIo { rchar: 1, wchar: 2, read_bytes: 5, write_bytes: 6, cancelled_write_bytes: 7 };
        assert_eq!(parse_process_io(whole), Some(io));
        assert_eq!(parse_process_io(&whole[..40]), None);
        assert_eq!(parse_process_io(b"rchar: N/A\n"), None);
    }

    #[test]
    fn what_a_stuck_thread_waits_for_is_told_by_its_function() {
        let classes = [
            ("folio_wait_bit_common", WaitClass::Disk),
            ("wait_on_page_bit\n", WaitClass::Disk),
            ("jbd2_log_wait_commit", WaitClass::Journal),
            ("balance_dirty_pages_ratelimited", WaitClass::Writeback),
            ("rpc_wait_bit_killable", WaitClass::NetworkFs),
            ("rwsem_down_write_slowpath", WaitClass::Lock),
            ("futex_wait_queue", WaitClass::Other),
            ("0", WaitClass::Unknown),
            ("", WaitClass::Unknown),
        ];
        for (name, class) in classes {
            assert_eq!(parse_wchan(name.as_bytes()), class, "{name}");
        }
        assert_eq!(parse_wchan(b"\xff"), WaitClass::Unknown);
    }

    proptest! {
        #[test]
        fn no_bytes_make_a_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = (parse_process_stat(&bytes), parse_schedstat(&bytes), parse_process_io(&bytes));
            let _ = (parse_kibibytes(&bytes, "VmSwap"), parse_max_files(&bytes), parse_wchan(&bytes));
        }

        #[test]
        fn a_stat_reads_back(numbers in prop::collection::vec(any::<u64>(), 49), name in "[ -~]{0,15}") {
            let fields: Vec<String> = numbers.iter().map(u64::to_string).collect();
            let line = format!("7 ({name}) D {}", fields.join(" "));
            let stat = parse_process_stat(line.as_bytes()).unwrap();
            // The first number is field 4.
            prop_assert_eq!((stat.state, stat.major_faults, stat.start_ticks), ('D', numbers[8], numbers[18]));
            prop_assert_eq!((stat.user_ticks, stat.system_ticks, stat.threads), (numbers[10], numbers[11], numbers[16]));
            prop_assert_eq!(stat.block_io_ticks, numbers[38]);
        }
    }
}
