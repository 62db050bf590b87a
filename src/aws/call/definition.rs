//! Writes of an API's resources, models and gateway responses.

use crate::aws::call::{Answer, Id, calls};
use crate::aws::convert::text;
use crate::aws::patch::Patch;
use crate::model::{GatewayResponseType, Map};

calls! {
    /// Creates a resource below another.
    CreateResource: create_resource {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The resource above.
        parent_id / set_parent_id: Id,
        /// A literal, `{name}` or `{name+}`.
        path_part / set_path_part: String,
    } => |out| Answer::Id(text(out.id));

    /// Renames or moves a resource.
    UpdateResource: update_resource {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The resource.
        resource_id / set_resource_id: Id,
        /// The changes.
        patch_operations / set_patch_operations: Vec<Patch>,
    } => |_| Answer::Done;

    /// Deletes a resource, everything below it, and their methods.
    DeleteResource: delete_resource {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The resource.
        resource_id / set_resource_id: Id,
    } => |_| Answer::Done;

    /// Creates a model.
    CreateModel: create_model {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// Unique in the API.
        name / set_name: String,
        /// What it is for.
        description / set_description: Option<String>,
        /// JSON Schema as text.
        schema / set_schema: Option<String>,
        /// The media type it describes.
        content_type / set_content_type: String,
    } => |out| Answer::Id(text(out.id));

    /// Changes a model.
    UpdateModel: update_model {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The model's name.
        model_name / set_model_name: String,
        /// The changes.
        patch_operations / set_patch_operations: Vec<Patch>,
    } => |_| Answer::Done;

    /// Deletes a model.
    DeleteModel: delete_model {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The model's name.
        model_name / set_model_name: String,
    } => |_| Answer::Done;

    /// Sets what the gateway answers by itself.
    PutGatewayResponse: put_gateway_response {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// Which answer.
        response_type / set_response_type: Option<GatewayResponseType>,
        /// Another status than the default.
        status_code / set_status_code: Option<String>,
        /// `gatewayresponse.header.{name}` → source expression.
        response_parameters / set_response_parameters: Map<String>,
        /// Content type → template.
        response_templates / set_response_templates: Map<String>,
    } => |_| Answer::Done;

    /// Changes what the gateway answers by itself.
    UpdateGatewayResponse: update_gateway_response {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// Which answer.
        response_type / set_response_type: Option<GatewayResponseType>,
        /// The changes.
        patch_operations / set_patch_operations: Vec<Patch>,
    } => |_| Answer::Done;

    /// Goes back to the service's own answer.
    DeleteGatewayResponse: delete_gateway_response {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// Which answer.
        response_type / set_response_type: Option<GatewayResponseType>,
    } => |_| Answer::Done;
}
