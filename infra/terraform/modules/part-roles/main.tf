# The roles that the parts need which are switched on, in one subscription: what Gallerist does after a migration. A part that is not
# named gets no role.

locals {
  given  = setsubtract(var.parts, var.not_here)
  folder = "${path.module}/../../../roles"

  # these only read, or nobody knows beforehand in which resource group something has to be written
  roles_on_subscription = {
    "promote"         = "promote"
    "references"      = "references"
    "retire"          = "retire"
    "strict"          = "strict"
    "verify-sizes"    = "verify"
    "retention-locks" = "retention"
  }

  # by role: the part that needs it, and what it is assigned on
  narrow_roles = {
    "verify"        = { part = "verify", scopes = { for group in azapi_resource.proofs : "proofs" => group.id } }
    "verify-subnet" = { part = "verify", scopes = { for id in local.subnet_ids : id => id } }
    "repoint"       = { part = "repoint", scopes = { for id in local.repoint_ids : id => id } }
    "retention"     = { part = "retention", scopes = { for id in var.gallery_ids : id => id } }
    "notify"        = { part = "notify", scopes = { for id in local.topic_ids : id => id } }
  }
  subnet_ids  = compact(split(",", replace(var.proof_subnet_ids, " ", "")))
  repoint_ids = compact(split(",", replace(var.repoint_group_ids, " ", "")))
  topic_ids   = compact(split(",", replace(var.notify_topic_ids, " ", "")))

  assignments = merge([
    for name, role in local.narrow_roles : {
      for key, scope in role.scopes : "${name} ${key}" => { role = name, scope = scope } if contains(local.given, role.part)
    }
  ]...)
}

module "on_subscription" {
  source   = "../subscription-role"
  for_each = { for name, part in local.roles_on_subscription : name => part if contains(local.given, part) }

  role               = jsondecode(file("${local.folder}/${each.key}.json"))
  subscription_scope = var.subscription_scope
  environment_name   = var.environment_name
  principal_id       = var.principal_id
}

resource "azapi_resource" "proofs" {
  count = contains(local.given, "verify") ? 1 : 0

  type      = "Microsoft.Resources/resourceGroups@2024-03-01"
  parent_id = var.subscription_scope
  name      = var.proof_resource_group == "" ? "rg-${var.environment_name}-proofs" : var.proof_resource_group
  location  = var.proof_location
  tags      = var.tags

  response_export_values = []
}

module "narrow_roles" {
  source   = "../role-definition"
  for_each = { for name, role in local.narrow_roles : name => role.part if contains(local.given, role.part) }

  role               = jsondecode(file("${local.folder}/${each.key}.json"))
  subscription_scope = var.subscription_scope
  environment_name   = var.environment_name
}

module "assignments" {
  source   = "../assignment"
  for_each = local.assignments

  scope              = each.value.scope
  role_definition_id = module.narrow_roles[each.value.role].id
  principal_id       = var.principal_id
}
