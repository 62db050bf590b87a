//! `NextToken`: where the next page begins.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::engine::control::token;
use crate::engine::wire::operations::CLOUDWATCH;
use crate::engine::wire::{Input, ServiceError};

const MEMBER: &str = "NextToken";

/// The token of a place in the pages of this call.
pub(super) fn write(input: &Input, place: &impl Serialize) -> String {
    token::write(input, MEMBER, place)
}

/// The place that the call's token names; `None` without a token.
pub(super) fn read<P: DeserializeOwned>(input: &Input) -> Result<Option<P>, ServiceError> {
    token::read(input, MEMBER).map_err(|_| {
        ServiceError::of(
            CLOUDWATCH,
            "InvalidNextToken",
            "The NextToken isn't one of this call: ask for the first page again.",
        )
    })
}
