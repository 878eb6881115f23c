# What runs, its size, and its settings. Names, addresses and identities are in variables_access.tf.
# A variable without a default has no safe one.

variable "region" {
  description = "AWS region of the environment"
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^(us|eu|ap|ca|sa|me|af|il|mx)-[a-z]+-[1-9]$", var.region))
    error_message = "region must be a region of the aws partition such as us-east-1: ARNs here are of that partition."
  }
}

variable "zone_letters" {
  description = "The two availability zones of the region, by letter; not every account has every letter"
  type        = list(string)
  default     = ["a", "b"]

  validation {
    condition     = length(var.zone_letters) == 2 && length(toset(var.zone_letters)) == 2 && alltrue([for letter in var.zone_letters : can(regex("^[a-f]$", letter))])
    error_message = "zone_letters must be two different letters from a to f."
  }
}

variable "vpc_cidr" {
  description = "Address range of the VPC; eight bits below it make the subnets"
  type        = string
  default     = "10.1.0.0/16"

  validation {
    condition     = can(regex("^10\\.[0-9]{1,3}\\.0\\.0/16$", var.vpc_cidr)) && can(cidrhost(var.vpc_cidr, 0))
    error_message = "vpc_cidr must be a private /16 such as 10.1.0.0/16: the four subnets are /24 within it."
  }
}

variable "nat_gateway_per_zone" {
  description = "One NAT gateway a zone instead of one for both; costs about 33 USD a month more"
  type        = bool
  default     = false
  nullable    = false
}

variable "interface_endpoints" {
  description = "Reach ECR, CloudWatch Logs and Secrets Manager inside the VPC; costs about 58 USD a month"
  type        = bool
  default     = false
  nullable    = false
}

variable "agent_runtime" {
  description = "Which agent serves: bun (the TypeScript service) or fastapi (the Python agent of Google Cloud)"
  type        = string
  default     = "bun"

  validation {
    condition     = contains(["bun", "fastapi"], var.agent_runtime)
    error_message = "agent_runtime must be bun or fastapi."
  }
}

variable "image_digest" {
  description = "Digest of the image to run, sha256:..., of the target that agent_runtime names"
  type        = string

  validation {
    condition     = can(regex("^sha256:[0-9a-f]{64}$", var.image_digest))
    error_message = "image_digest must be sha256: and 64 hexadecimal digits: a tag can be moved after the plan was approved."
  }
}

variable "revision" {
  description = "Git commit the image was built from, shown by /version"
  type        = string

  validation {
    condition     = can(regex("^[0-9a-f]{7,40}$", var.revision))
    error_message = "revision must be a git commit: 7 to 40 hexadecimal digits."
  }
}

variable "cpu_architecture" {
  description = "ARM64 (a fifth cheaper on Fargate) or X86_64; the image must have been built for it"
  type        = string
  default     = "ARM64"

  validation {
    condition     = contains(["ARM64", "X86_64"], var.cpu_architecture)
    error_message = "cpu_architecture must be ARM64 or X86_64, in capitals."
  }
}

variable "task_size" {
  description = "CPU units (1024 = one vCPU) and MiB of memory of one task"
  type        = object({ cpu = number, memory = number })
  default     = { cpu = 512, memory = 1024 }

  # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
  validation {
    condition = contains(lookup({
      256  = [512, 1024, 2048]
      512  = [1024, 2048, 3072, 4096]
      1024 = [2048, 3072, 4096, 5120, 6144, 7168, 8192]
      2048 = [4096, 5120, 6144, 7168, 8192]
    }, tostring(var.task_size.cpu), []), var.task_size.memory)
    error_message = "task_size must be a pair that Fargate offers, for example { cpu = 512, memory = 1024 }."
  }
}

variable "task_count" {
  description = "Fewest and most tasks that autoscaling may run"
  type        = object({ min = number, max = number })
  default     = { min = 2, max = 6 }

  validation {
    condition     = var.task_count.min >= 2 && var.task_count.max >= var.task_count.min && var.task_count.max <= 20
    error_message = "task_count.min must be at least 2 (one a zone) and task_count.max between min and 20."
  }
}

variable "streams_per_task" {
  description = "Running streams a task that autoscaling aims for"
  type        = number
  default     = 500

  validation {
    condition     = var.streams_per_task >= 10 && var.streams_per_task <= 3000
    error_message = "streams_per_task must lie between 10 and 3000, the number that one process is built to hold."
  }
}

variable "gemini_model" {
  description = "Gemini model the agent asks"
  type        = string
  default     = "gemini-3.8-flash"

  validation {
    condition     = can(regex("^gemini-[a-z0-9.-]+$", var.gemini_model))
    error_message = "gemini_model must be a Gemini model name such as gemini-3.8-flash."
  }
}

variable "other_models" {
  description = "Gemini models that a caller may choose for one turn in the place of gemini_model"
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for model in var.other_models : can(regex("^gemini-[a-z0-9.-]+$", model))])
    error_message = "other_models must be Gemini model names such as gemini-3.8-flash."
  }
}

variable "daily_budgets_usd" {
  description = "USD that the turns of one user, of one app and all together may cost in a day (UTC); what is left out has no bound"
  type = object({
    user  = optional(number)
    app   = optional(number)
    total = optional(number)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for usd in values(var.daily_budgets_usd) : usd == null ? true : usd >= 0.01 && usd <= 10000])
    error_message = "daily_budgets_usd must lie between 0.01 and 10000 each."
  }
}

variable "trace_share" {
  description = "Share of requests (0 to 1) whose traces go to Google Cloud Trace; costs 0.20 USD per million spans above 2.5 million a month, and needs traces = true in terraform/gcp/staging"
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.trace_share >= 0 && var.trace_share <= 1
    error_message = "trace_share must lie between 0 (no traces) and 1 (every request)."
  }
}

variable "extra_environment" {
  description = "Further environment variables of the container, for tuning without a change here; never secrets"
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.extra_environment) : can(regex("^[A-Z][A-Z0-9_]*$", name))])
    error_message = "extra_environment must have names of capitals, digits and underscores."
  }

  # Only the rehearsal's task runner may replace real services by stand-ins, and identity has its
  # own variables.
  validation {
    condition = alltrue([
      for name in keys(var.extra_environment) :
      !can(regex("^LORNU_(REHEARSAL|SIGN_IN|SECRET|SHADOW_URL|TRACE|DAILY_BUDGET)|^(A2A|AWS|GCP|GEMINI|GOOGLE|NODE|OIDC)_|EMULATOR|BASE_URL", name))
    ])
    error_message = "extra_environment must not select stand-ins, endpoints, trust or identity, nor what has a variable of its own."
  }

  validation {
    condition     = alltrue([for name in keys(var.extra_environment) : !can(regex("(KEY|SECRET|TOKEN|PASSWORD|CREDENTIALS?)$", name))])
    error_message = "extra_environment must not carry secrets, they would stand in state and plan: use lornu secrets set."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete the load balancer and keep secrets and keys recoverable for 30 days"
  type        = bool
  default     = true
  nullable    = false
}

variable "force_destroy" {
  description = "Let terraform destroy empty the log bucket; false keeps the evidence"
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !(var.force_destroy && var.deletion_protection)
    error_message = "force_destroy contradicts deletion_protection: set deletion_protection = false first."
  }
}

variable "alarm_emails" {
  description = "Addresses that alarms and the budget write to; each confirms once by mail"
  type        = set(string)

  validation {
    condition     = length(var.alarm_emails) > 0 && alltrue([for address in var.alarm_emails : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", address))])
    error_message = "alarm_emails must hold at least one mail address: an alarm that nobody gets is none."
  }
}

variable "monthly_budget_usd" {
  description = "USD a month for the whole AWS account at which the budget writes (80 %, and 100 % forecast)"
  type        = number
  default     = 200

  validation {
    condition     = var.monthly_budget_usd >= 10 && var.monthly_budget_usd <= 10000
    error_message = "monthly_budget_usd must lie between 10 and 10000."
  }
}
