//! Changes between two looks at the cluster, counted for the partitions of one broker.

use crate::snapshot::{Cluster, Ledger};

/// The ledger after `next` was seen, `before` being the look before it.
///
/// A topic that was deleted and made anew under the same name (another topic id) has no history.
#[must_use]
pub fn advance(ledger: &Ledger, before: &Cluster, next: &Cluster, id: i32) -> Ledger {
    let mut ledger = *ledger;
    let mut old_topics = before.partitions.topics().iter().enumerate().peekable();
    for (index, topic) in next.partitions.topics().iter().enumerate() {
        while old_topics.next_if(|(_, old)| old.name < topic.name).is_some() {}
        let same = old_topics.peek().filter(|(_, old)| old.name == topic.name && old.id == topic.id);
        let Some((old_index, _)) = same else { continue };
        let mut old_partitions = before.partitions.of_topic(*old_index).peekable();
        for now in next.partitions.of_topic(index) {
            while old_partitions.next_if(|old| old.row.partition < now.row.partition).is_some() {}
            let Some(old) = old_partitions.next_if(|old| old.row.partition == now.row.partition) else { continue };
            let (led, leads) = (old.leader() == Some(id), now.leader() == Some(id));
            ledger.leaderships_gained += u64::from(leads && !led);
            ledger.leaderships_lost += u64::from(led && !leads);
            if leads {
                ledger.isr_shrinks += u64::from(old.isr.iter().any(|member| !now.isr.contains(member)));
                ledger.isr_expands += u64::from(now.isr.iter().any(|member| !old.isr.contains(member)));
            }
        }
    }
    ledger
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::PartitionsBuilder;

    fn cluster(topic_id: u128, rows: &[(i32, i32, &[i32])]) -> Cluster {
        let mut builder = PartitionsBuilder::default();
        builder.topic("t", topic_id, false);
        for (index, leader, isr) in rows {
            let lists: [&mut dyn Iterator<Item = i32>; 3] =
                [&mut [1, 2, 3].into_iter(), &mut isr.iter().copied(), &mut [].into_iter()];
            builder.partition(*index, *leader, 0, lists);
        }
        Cluster { partitions: builder.build(), ..Cluster::default() }
    }

    #[test]
    fn changes_are_counted_for_the_partitions_of_one_broker() {
        let before = cluster(1, &[(0, 1, &[1, 2, 3]), (1, 2, &[2]), (2, 1, &[1])]);
        let after = cluster(1, &[(0, 1, &[1, 3]), (1, 1, &[1, 2]), (2, 2, &[2]), (3, 1, &[1])]);
        let ledger = advance(&Ledger::default(), &before, &after, 1);
        let expected = Ledger { isr_shrinks: 1, isr_expands: 1, leaderships_gained: 1, leaderships_lost: 1 };
        assert_eq!(ledger, expected);
        assert_eq!(advance(&ledger, &after, &after, 1), ledger);
    }

    #[test]
    fn a_topic_made_anew_has_no_history() {
        let before = cluster(1, &[(0, 1, &[1, 2, 3])]);
        let after = cluster(2, &[(0, 2, &[2])]);
        assert_eq!(advance(&Ledger::default(), &before, &after, 1), Ledger::default());
    }
}
