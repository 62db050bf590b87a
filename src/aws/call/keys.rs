//! Writes of API keys, and the read that reveals one.

use crate::aws::call::{Answer, Id, KeysFormat, SecretBytes, calls};
use crate::aws::convert::text;
use crate::aws::patch::Patch;
use crate::aws::reply::Secret;
use crate::model::Map;

calls! {
    /// Creates a key.
    CreateApiKey: create_api_key {
        /// Needn't be unique.
        name / set_name: Option<String>,
        /// Shown to people.
        description / set_description: Option<String>,
        /// The service takes absence for off.
        enabled / set_enabled: bool,
        /// 20 to 128 characters; made by the service if absent.
        value / set_value: Option<Secret>,
        /// Of a marketplace.
        customer_id / set_customer_id: Option<String>,
        /// Tags.
        tags / set_tags: Map<String>,
    } => |out| Answer::Key { id: text(out.id), value: Secret::new(text(out.value)) };

    /// Changes a key.
    UpdateApiKey: update_api_key {
        /// The key's id.
        api_key / set_api_key: Id,
        /// The changes.
        patch_operations / set_patch_operations: Vec<Patch>,
    } => |_| Answer::Done;

    /// Deletes a key.
    DeleteApiKey: delete_api_key {
        /// The key's id.
        api_key / set_api_key: Id,
    } => |_| Answer::Done;

    /// Creates or changes keys from a file.
    ImportApiKeys: import_api_keys {
        /// The file.
        body / set_body: SecretBytes,
        /// `csv`
        format / set_format: KeysFormat,
        /// Whether a warning stops it.
        fail_on_warnings / set_fail_on_warnings: bool,
    } => |out| Answer::Imported {
        ids: out.ids.unwrap_or_default(),
        warnings: out.warnings.unwrap_or_default(),
    };

    /// Reads a key with its value.
    GetApiKey: get_api_key {
        /// The key's id.
        api_key / set_api_key: Id,
        /// True, or the value is left out.
        include_value / set_include_value: bool,
    } => |out| Answer::Key { id: text(out.id), value: Secret::new(text(out.value)) };
}
