# The identity's permissions in a subscription with target galleries: it can read all galleries and write into the given ones.

variable "subscription_scope" {
  description = "Resource id of the subscription."
  type        = string
}

variable "environment_name" {
  description = "Name of the environment."
  type        = string
}

variable "principal_id" {
  description = "Object id of the identity."
  type        = string
}

variable "gallery_ids" {
  description = "Resource ids of the target galleries. All of them are in this subscription."
  type        = list(string)
}

module "reader" {
  source = "../subscription-role"

  role               = jsondecode(file("${path.module}/../../../roles/gallery-reader.json"))
  subscription_scope = var.subscription_scope
  environment_name   = var.environment_name
  principal_id       = var.principal_id
}

module "publisher" {
  source = "../role-definition"

  role               = jsondecode(file("${path.module}/../../../roles/gallery-publisher.json"))
  subscription_scope = var.subscription_scope
  environment_name   = var.environment_name
}

module "assignments" {
  source   = "../assignment"
  for_each = toset(var.gallery_ids)

  scope              = each.value
  role_definition_id = module.publisher.id
  principal_id       = var.principal_id
}
