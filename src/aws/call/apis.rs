//! Writes of APIs, of the account and of tags.

use crate::aws::call::{Answer, Id, KeySource, calls};
use crate::aws::convert::text;
use crate::aws::patch::Patch;
use crate::model::{EndpointConfiguration, Map};

calls! {
    /// Creates an API with its resource `/`.
    CreateRestApi: create_rest_api {
        /// Needn't be unique.
        name / set_name: String,
        /// The service refuses an empty one.
        description / set_description: Option<String>,
        /// An API whose definition is copied.
        clone_from / set_clone_from: Option<String>,
        /// Media types passed as bytes.
        binary_media_types / set_binary_media_types: Vec<String>,
        /// Bytes from which answers are compressed.
        minimum_compression_size / set_minimum_compression_size: Option<i64>,
        /// Where requests carry their API key.
        api_key_source / set_api_key_source: Option<KeySource>,
        /// Edge (the default), regional or private.
        endpoint_configuration / set_endpoint_configuration: Option<EndpointConfiguration>,
        /// The resource policy as JSON text.
        policy / set_policy: Option<String>,
        /// Tags.
        tags / set_tags: Map<String>,
        /// Whether only custom domains serve.
        disable_execute_api_endpoint / set_disable_execute_api_endpoint: Option<bool>,
    } => |out| Answer::RestApi {
        id: text(out.id),
        root_resource_id: text(out.root_resource_id),
    };

    /// Changes an API's settings.
    UpdateRestApi: update_rest_api {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The changes.
        patch_operations / set_patch_operations: Vec<Patch>,
    } => |_| Answer::Done;

    /// Deletes an API with everything in it.
    DeleteRestApi: delete_rest_api {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
    } => |_| Answer::Done;

    /// Changes settings of the account and region.
    UpdateAccount: update_account {
        /// The changes.
        patch_operations / set_patch_operations: Vec<Patch>,
    } => |_| Answer::Done;

    /// Sets tags.
    TagResource: tag_resource {
        /// The tagged thing's ARN.
        resource_arn / set_resource_arn: String,
        /// Tags to set.
        tags / set_tags: Map<String>,
    } => |_| Answer::Done;

    /// Removes tags.
    UntagResource: untag_resource {
        /// The tagged thing's ARN.
        resource_arn / set_resource_arn: String,
        /// Names of the tags to remove.
        tag_keys / set_tag_keys: Vec<String>,
    } => |_| Answer::Done;
}
