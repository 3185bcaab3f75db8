//! The audit trail read: searched, checked, and its settings.

use std::cmp::Ordering;

use audit::{Chain, Filter, Head, Trail};
use auth_core::Authorized;
use serde_json::{Value, json};
use store::{AuditLine, AuditPage, AuditSettings, AuditSpan, Change, PageFrom, Record};

use crate::{AccountError, Home, ReadAudit, SetAudit};

/// What to search for.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Which records.
    pub filter: Filter,
    /// Only before this line's id.
    pub before: Option<u64>,
    /// At most so many; 100 if left out, never more than 1,000.
    pub limit: Option<usize>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditFound {
    /// The records, newest first, as they are shown.
    pub records: Vec<Value>,
    /// Where to go on: put it in `before`. None if there is nothing older.
    pub next: Option<u64>,
}

/// What is there of the trails, and whether it is as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditState {
    /// Each trail.
    pub trails: Vec<TrailState>,
}

/// What is there of one trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailState {
    /// Where the lines begin, and where they end.
    pub span: AuditSpan,
    /// What is wrong with the chain; none if nothing is.
    pub broken: Option<String>,
    /// For each place that was to be looked for: whether the chain has it. None if it has been trimmed away.
    pub noted: Vec<(Head, Option<bool>)>,
}

impl AuditState {
    /// Tells whether everything is as it was written and every place that was noted is where it was; one that has been
    /// trimmed away is not.
    pub fn is_whole(&self) -> bool {
        self.trails
            .iter()
            .all(|trail| trail.broken.is_none() && trail.noted.iter().all(|(_, found)| *found == Some(true)))
    }
}

impl Home {
    /// Searches the trail, newest first. Looks through 20,000 lines at most: if fewer fit than asked for, `next` says
    /// where to go on.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn find_audit(
        &self,
        _request: &Authorized<ReadAudit>,
        query: AuditQuery,
    ) -> Result<AuditFound, AccountError> {
        const MAX_PAGES: usize = 40;
        const PAGE: usize = 500;
        // What has been gathered belongs to the answer.
        self.flush_audit().await?;
        let limit = query.limit.unwrap_or(100).clamp(1, 1000);
        let mut found = AuditFound { records: Vec::new(), next: query.before };
        for _ in 0..MAX_PAGES {
            let from = PageFrom::Before(found.next);
            let page = AuditPage { trail: query.filter.trail, from, limit: PAGE };
            let lines = self.inner.store.audit_lines(page).await?;
            let is_last = lines.len() < PAGE;
            for line in lines {
                found.next = Some(line.id);
                // What cannot be read is shown: somebody has been at it.
                if line.line.record().map_or(true, |record| query.filter.fits(line.line.trail, &record)) {
                    found.records.push(self.line_value(&line));
                }
                if found.records.len() >= limit {
                    return Ok(found);
                }
            }
            if is_last {
                found.next = None;
                break;
            }
        }
        Ok(found)
    }

    /// Follows every trail from its first line to its last, and looks for places that were noted before.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn verify_audit(
        &self,
        _request: &Authorized<ReadAudit>,
        noted: &[Head],
    ) -> Result<AuditState, AccountError> {
        self.flush_audit().await?;
        let mut trails = Vec::new();
        for span in self.inner.store.audit_spans().await? {
            trails.push(self.verify_trail(span, noted).await?);
        }
        Ok(AuditState { trails })
    }

    async fn verify_trail(&self, mut span: AuditSpan, noted: &[Head]) -> Result<TrailState, AccountError> {
        let trail: Trail = span.start.trail;
        let mut chain = Chain::at(span.start);
        let judge = |head: &Head| match head.number.cmp(&span.start.number) {
            Ordering::Less => None,
            Ordering::Equal => Some(*head == span.start),
            // Until the line itself says otherwise.
            Ordering::Greater => Some(false),
        };
        let wanted = noted.iter().filter(|head| head.trail == trail);
        let mut noted: Vec<_> = wanted.map(|head| (*head, judge(head))).collect();
        let mut broken = None;
        let mut after = 0;
        'pages: loop {
            let from = PageFrom::After(after);
            let page = AuditPage { trail: Some(trail), from, limit: AuditPage::MAX };
            let lines = self.inner.store.audit_lines(page).await?;
            let Some(AuditLine { id, .. }) = lines.last() else { break };
            after = *id;
            for AuditLine { line, .. } in &lines {
                if let Err(error) = chain.follow(line) {
                    broken = Some(error.to_string());
                    break 'pages;
                }
                for (head, found) in noted.iter_mut().filter(|(head, _)| head.number == line.number) {
                    *found = Some(*head == line.head());
                }
            }
        }
        // What was written meanwhile was followed too.
        if broken.is_none() {
            if chain.head().number < span.end.number {
                broken = Some(format!("{trail}: the last lines are missing from number {}", chain.head().number + 1));
            } else {
                span.end = chain.head();
            }
        }
        Ok(TrailState { span, broken, noted })
    }

    /// Returns what is recorded and how long it is kept.
    pub fn audit_settings(&self, _request: &Authorized<ReadAudit>) -> AuditSettings {
        *self.inner.audit.settings.load_full()
    }

    /// Says what is recorded and how long it is kept. On disk when this returns, and itself recorded.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn set_audit(&self, request: Authorized<SetAudit>) -> Result<AuditSettings, AccountError> {
        let (mut turn, _, SetAudit { control, keep_days, keep_lines }) = self.begin(request).await?;
        let before = *self.inner.audit.settings.load_full();
        let after = AuditSettings {
            control: control.unwrap_or(before.control),
            keep_days: keep_days.unwrap_or(before.keep_days).clamp(1, AuditSettings::MAX_DAYS),
            keep_lines: keep_lines
                .unwrap_or(before.keep_lines)
                .clamp(AuditSettings::MIN_LINES, AuditSettings::MAX_LINES),
        };
        if after != before {
            turn.with(json!({"from": before, "to": after}));
            self.commit(&mut turn, vec![Change::Put(Box::new(Record::Audit(after)))]).await?;
            self.inner.audit.settings.store(std::sync::Arc::new(after));
        }
        Ok(after)
    }
}
