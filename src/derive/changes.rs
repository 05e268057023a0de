//! Changes between two looks at the cluster, counted for the partitions of one broker; unclean elections for all of them.

use crate::snapshot::{Cluster, Ledger, Partition};

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
            ledger.unclean_elections += u64::from(is_unclean(&old, &now));
            if leads {
                ledger.isr_shrinks += u64::from(old.isr.iter().any(|member| !now.isr.contains(member)));
                ledger.isr_expands += u64::from(now.isr.iter().any(|member| !old.isr.contains(member)));
            }
        }
    }
    ledger
}

/// Whether the election between two looks was surely unclean: the partition had no leader, it was known who had all messages, whoever
/// leads now was not among these, and this was the next election. With a leader before, or with more elections than one, it may
/// have come back into the set in between; where nobody was known to have all (KIP-966), the last leader may have come back. What
/// such an election loses shows in the partition's end.
///
/// It is for every broker to see, whoever is made leader: one that comes back from the dead is elected before it can be asked.
fn is_unclean(old: &Partition<'_>, now: &Partition<'_>) -> bool {
    let Some(leader) = now.leader() else { return false };
    let next = old.row.leader_epoch >= 0 && now.row.leader_epoch == old.row.leader_epoch.saturating_add(1);
    let has_all = [old.isr, old.eligible].concat();
    // A count without names comes from a recorded snapshot of an older version.
    let unnamed = old.eligible.is_empty() && old.eligible_outside_isr().is_some_and(|count| count > 0);
    let known = !has_all.is_empty() && !unnamed;
    old.leader().is_none() && next && known && !has_all.contains(&leader) && now.isr == [leader]
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
        let expected =
            Ledger { isr_shrinks: 1, isr_expands: 1, leaderships_gained: 1, leaderships_lost: 1, unclean_elections: 0 };
        assert_eq!(ledger, expected);
        assert_eq!(advance(&ledger, &after, &after, 1), ledger);
    }

    #[test]
    fn a_topic_made_anew_has_no_history() {
        let before = cluster(1, &[(0, 1, &[1, 2, 3])]);
        let after = cluster(2, &[(0, 2, &[2])]);
        assert_eq!(advance(&Ledger::default(), &before, &after, 1), Ledger::default());
    }

    #[test]
    fn an_election_is_unclean_when_nothing_else_can_have_led_to_it() {
        let look = |leader: i32, epoch: i32, isr: &[i32], eligible: Option<&[i32]>| {
            let mut builder = PartitionsBuilder::default();
            builder.topic("t", 1, false);
            let lists: [&mut dyn Iterator<Item = i32>; 3] =
                [&mut [1, 2, 3].into_iter(), &mut isr.iter().copied(), &mut [].into_iter()];
            builder.partition(0, leader, epoch, lists);
            let mut partitions = builder.build();
            if let Some(eligible) = eligible {
                partitions.set_eligible("t", 0, eligible);
            }
            Cluster { partitions, ..Cluster::default() }
        };
        let counted =
            |before: &Cluster, after: &Cluster| advance(&Ledger::default(), before, after, 2).unclean_elections;
        let dark = look(-1, 5, &[1], None);
        assert_eq!(counted(&dark, &look(2, 6, &[2], None)), 1);
        assert_eq!(counted(&look(-1, 5, &[1], Some(&[])), &look(2, 6, &[2], None)), 1);
        assert_eq!(counted(&look(-1, 5, &[], Some(&[1])), &look(2, 6, &[2], None)), 1, "another one was eligible");
        assert_eq!(counted(&dark, &look(3, 6, &[3], None)), 1, "another broker than the one that is asked");
        for (before, after, why) in [
            (dark.clone(), look(1, 6, &[1], None), "the one that was in sync was elected"),
            (look(-1, 5, &[], Some(&[])), look(2, 6, &[2], None), "the last leader may have come back"),
            (look(-1, 5, &[], None), look(2, 6, &[2], None), "nobody said who was eligible"),
            (dark.clone(), look(-1, 6, &[1], None), "it has no leader yet"),
            (dark.clone(), look(2, 7, &[2], None), "another election may have lain in between"),
            (dark.clone(), look(2, 6, &[2, 3], None), "an unclean leader is alone"),
            (dark, look(-1, 5, &[1], None), "nothing has changed"),
            (look(-1, 5, &[1, 2], None), look(2, 6, &[2], None), "it was in sync"),
            (look(-1, 5, &[], Some(&[1, 2])), look(2, 6, &[2], None), "it was eligible"),
            (look(1, 5, &[1], None), look(2, 6, &[2], None), "it may have come into sync before the leader went"),
            (look(-1, -1, &[1], None), look(2, 0, &[2], None), "the broker tells no epochs"),
        ] {
            assert_eq!(counted(&before, &after), 0, "{why}");
        }
    }
}
