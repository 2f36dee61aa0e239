//! Makes letters into documents, and hands them to whoever carries them out of the house.

use std::error::Error;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::attachment::FileType;
use domain::routing::Channel;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join, ready};
use persistence::{Chain, Failure, Fetched, HandOver, HandoverOutcome, Letter, Store};

use crate::document::letter_pdf;
use crate::outbound::{Carrier, Carriers, Consignment, Document, Pdf, Progress, SendError};

/// Hands over letters of each channel. Says how many there were.
///
/// # Errors
/// The store away. What is left is done later.
pub(super) async fn hand_over(store: &Store, carriers: &Carriers, now: DateTime<Utc>) -> Result<usize, Failure> {
    // Printers do not wait for providers of mailboxes.
    let to_mailboxes = store.hand_over_due(Channel::DigitalMailbox, carriers, now);
    let on_paper = store.hand_over_due(Channel::Paper, carriers, now);
    let (to_mailboxes, on_paper) = join(to_mailboxes, on_paper).await;
    Ok(to_mailboxes? + on_paper?)
}

impl HandOver for Carriers {
    fn hand_over<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, HandoverOutcome> {
        match self.to(&letter.destination) {
            Some(carrier) => carry(carrier, letter).boxed(),
            // The settings had one when routing chose the channel.
            None => ready(HandoverOutcome::Unreached).boxed(),
        }
    }
}

async fn carry(carrier: &dyn Carrier, letter: &Letter) -> HandoverOutcome {
    let channel = letter.destination.channel().as_word();
    let consignment = match consignment(letter).await {
        Ok(consignment) => consignment,
        Err(error) => {
            tracing::error!(handover.id = %letter.id, channel, error = %Chain(&*error), "a letter cannot be made");
            return HandoverOutcome::Broken;
        }
    };
    match carrier.hand_over(&consignment).await {
        Ok(Progress::Arrived) => HandoverOutcome::Taken,
        Ok(Progress::Underway) => HandoverOutcome::Underway,
        Ok(Progress::Failed) => {
            tracing::warn!(handover.id = %letter.id, channel, "a letter did not come to its mailbox");
            HandoverOutcome::Failed
        }
        Err(error) => {
            tracing::warn!(handover.id = %letter.id, channel, error = %Chain(&error), "a letter was not handed over");
            match error {
                SendError::Unreached(_) => HandoverOutcome::Unreached,
                SendError::Away(_) => HandoverOutcome::Away,
                SendError::Refused(_) => HandoverOutcome::Refused,
                SendError::Unknown(_) => HandoverOutcome::Unknown,
            }
        }
    }
}

/// The letter and its files. Only PDF leaves the house (KRR-9); the letter names what else there is.
async fn consignment(letter: &Letter) -> Result<Consignment, Box<dyn Error + Send + Sync>> {
    let (files, others): (Vec<&Arc<Fetched>>, Vec<&Arc<Fetched>>) =
        letter.files.iter().partition(|file| file.attachment.file_type == FileType::Pdf);
    let left_out: Vec<&str> = others.iter().map(|file| file.attachment.file_name.expose()).collect();
    let text = letter_pdf(letter, &left_out)?;
    let mut documents = vec![Document { title: letter.subject.expose().to_owned(), pdf: Pdf::Made(text.into()) }];
    for file in files {
        let pdf = Pdf::Stored(Arc::<Fetched>::clone(file));
        // A letter with a file that cannot be read goes nowhere, and no carrier is left with half of it.
        pdf.check().await?;
        documents.push(Document { title: file.attachment.file_name.expose().to_owned(), pdf });
    }
    let sender = letter.sender.organisation_number.clone();
    Ok(Consignment { id: letter.id, to: letter.destination.clone(), sender, documents })
}
