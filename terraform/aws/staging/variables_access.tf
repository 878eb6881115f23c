# Names and addresses of the environment, its callers, and its identity at Google.

variable "domain_name" {
  description = "Name of this environment, always this load balancer, e.g. aws-staging.lornu.ai"
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,}$", var.domain_name)) && length(var.domain_name) <= 64
    error_message = "domain_name must be a lower-case host name of at most 64 characters (a certificate's common name)."
  }
}

variable "route53_zone_id" {
  description = "Route 53 zone that domain_name lies in; empty when another DNS serves it (then set certificate_arn)"
  type        = string
  default     = ""

  validation {
    condition     = var.route53_zone_id == "" || can(regex("^[A-Z0-9]{8,32}$", var.route53_zone_id))
    error_message = "route53_zone_id must be a zone id such as Z0123456789ABCDEFGHIJ, without /hostedzone/."
  }
}

variable "certificate_arn" {
  description = "ACM certificate for domain_name, when its DNS is not in Route 53"
  type        = string
  default     = ""

  validation {
    condition     = var.certificate_arn == "" || can(regex("^arn:aws:acm:${var.region}:[0-9]{12}:certificate/[0-9a-f-]{36}$", var.certificate_arn))
    error_message = "certificate_arn must be an ACM certificate's ARN in the environment's region."
  }

  validation {
    condition     = (var.certificate_arn == "") != (var.route53_zone_id == "")
    error_message = "Set route53_zone_id or certificate_arn, one of them: either Terraform makes the certificate or it is given."
  }
}

variable "failover_domain_name" {
  description = "Name that people use, served by Google Cloud while it is healthy and by this load balancer else"
  type        = string
  default     = ""

  validation {
    condition     = var.failover_domain_name == "" || (can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,}$", var.failover_domain_name)) && var.failover_domain_name != var.domain_name)
    error_message = "failover_domain_name must be a lower-case host name other than domain_name, which always means this environment."
  }
}

variable "google_cloud_address" {
  description = "IPv4 address of Google Cloud's load balancer, the primary of failover_domain_name"
  type        = string
  default     = ""

  validation {
    condition     = var.google_cloud_address == "" || can(cidrhost("${var.google_cloud_address}/32", 0))
    error_message = "google_cloud_address must be an IPv4 address."
  }

  validation {
    condition     = (var.google_cloud_address == "") == (var.failover_domain_name == "") && (var.google_cloud_address == "" || var.route53_zone_id != "")
    error_message = "google_cloud_address and failover_domain_name go together and need route53_zone_id: fail-over is made by Route 53."
  }
}

variable "jwt" {
  description = "Tokens that machines call with: issuer, its key set, and the audience (empty: https:// and domain_name)"
  type = object({
    issuer        = optional(string, "https://accounts.google.com")
    jwks_endpoint = optional(string, "https://www.googleapis.com/oauth2/v3/certs")
    audience      = optional(string, "")
  })
  default = {}

  validation {
    condition     = startswith(var.jwt.issuer, "https://") && startswith(var.jwt.jwks_endpoint, "https://")
    error_message = "jwt.issuer and jwt.jwks_endpoint must be https:// addresses."
  }
}

variable "peer_emails" {
  description = "Service accounts whose tokens may call: the e-mail claim must be one of these"
  type        = set(string)

  # At most 10 values per claim:
  # elasticloadbalancing/latest/APIReference/API_JwtValidationActionAdditionalClaim.html
  validation {
    condition     = length(var.peer_emails) >= 1 && length(var.peer_emails) <= 10 && alltrue([for email in var.peer_emails : can(regex("^[a-z0-9-]+@[a-z0-9.-]+\\.gserviceaccount\\.com$", email))])
    error_message = "peer_emails must be 1 to 10 service accounts (...gserviceaccount.com): without an e-mail claim every token of the issuer would pass."
  }
}

variable "service_emails" {
  description = "Service accounts that may act for any user over REST too; part of the same 10 as peer_emails"
  type        = set(string)
  default     = []

  validation {
    condition     = length(setunion(var.service_emails, var.peer_emails)) <= 10 && alltrue([for email in var.service_emails : can(regex("^[a-z0-9-]+@[a-z0-9.-]+\\.gserviceaccount\\.com$", email))])
    error_message = "service_emails must be service accounts (...gserviceaccount.com), with peer_emails at most 10: the load balancer compares no more."
  }
}

variable "operator_emails" {
  description = "Service accounts that may list and stop turns and refuse new ones, and nothing else (docs/operations.md); part of the same 10 as peer_emails"
  type        = set(string)
  default     = []

  validation {
    condition     = length(setunion(var.operator_emails, var.service_emails, var.peer_emails)) <= 10 && alltrue([for email in var.operator_emails : can(regex("^[a-z0-9-]+@[a-z0-9.-]+\\.gserviceaccount\\.com$", email))])
    error_message = "operator_emails must be service accounts (...gserviceaccount.com), with peer_emails and service_emails at most 10: the load balancer compares no more."
  }

  validation {
    condition     = length(setintersection(var.operator_emails, setunion(var.service_emails, var.peer_emails))) == 0
    error_message = "operator_emails must name machines of no other role."
  }
}

variable "peer_url" {
  description = "A2A address of the agent on Google Cloud; empty when there is no peer"
  type        = string
  default     = ""

  validation {
    condition     = var.peer_url == "" || can(regex("^https://[^/ ]+(/[^ ]*)?$", var.peer_url))
    error_message = "peer_url must be an https:// address: tokens are sent to it."
  }
}

variable "peer_audience" {
  description = "Whom our tokens for the peer are made for: on Cloud Run the service's URL (empty: the origin of peer_url)"
  type        = string
  default     = ""

  validation {
    condition     = var.peer_audience == "" || (var.peer_url != "" && can(regex("^[^ ]+$", var.peer_audience)))
    error_message = "peer_audience is one word, and of no use without peer_url."
  }
}

variable "peer_card_keys" {
  description = "Public keys of which one must have signed the peer's card, as a JSON Web Key Set (empty: none is asked for)"
  type        = string
  default     = ""

  validation {
    condition     = var.peer_card_keys == "" || try(alltrue([for key in jsondecode(var.peer_card_keys).keys : key.crv == "P-256" && key.kid != "" && !can(key.d)]), false)
    error_message = "peer_card_keys must be a JSON Web Key Set of public P-256 keys, each with a kid."
  }
}

variable "peer_fallback" {
  description = "Whether the peer answers a turn that Gemini refuses before its first word"
  type        = bool
  default     = false

  validation {
    condition     = !var.peer_fallback || var.peer_url != ""
    error_message = "peer_fallback needs peer_url."
  }
}

variable "sign_in" {
  description = "OpenID Connect for people: issuer, and the e-mail domains that may sign in"
  type = object({
    issuer  = optional(string, "https://accounts.google.com")
    domains = set(string)
  })

  validation {
    condition     = startswith(var.sign_in.issuer, "https://")
    error_message = "sign_in.issuer must be an https:// address."
  }

  validation {
    condition     = length(var.sign_in.domains) >= 1 && alltrue([for domain in var.sign_in.domains : can(regex("^[a-z0-9.-]+\\.[a-z]{2,}$", domain)) && !contains(["gmail.com", "googlemail.com"], domain)])
    error_message = "sign_in.domains must name at least one domain of your own; a public mail domain lets everyone in."
  }
}

variable "mutual_tls" {
  description = "Listener 8443 for peers with a client certificate: PEM of the authorities, the peers' address ranges, and who each certificate is (URI:... or DNS:... => name); null keeps it closed"
  type        = object({ ca_certificates = string, peer_cidrs = set(string), peers = map(string) })
  default     = null

  validation {
    condition     = var.mutual_tls == null ? true : length(var.mutual_tls.peers) > 0 && alltrue([for name, peer in var.mutual_tls.peers : can(regex("^(URI|DNS):[^=,]+$", name)) && can(regex("^[^=,]+$", peer))])
    error_message = "mutual_tls.peers must map URI:... or DNS:... names of certificates to callers: an authority signs more than our peer."
  }

  validation {
    condition     = var.mutual_tls == null ? true : strcontains(var.mutual_tls.ca_certificates, "-----BEGIN CERTIFICATE-----") && !strcontains(var.mutual_tls.ca_certificates, "PRIVATE KEY")
    error_message = "mutual_tls.ca_certificates must be certificates in PEM, without a private key."
  }

  validation {
    condition     = var.mutual_tls == null ? true : length(var.mutual_tls.peer_cidrs) > 0 && alltrue([for cidr in var.mutual_tls.peer_cidrs : can(cidrhost(cidr, 0)) && can(regex("/(1[6-9]|2[0-9]|3[0-2])$", cidr))])
    error_message = "mutual_tls.peer_cidrs must be IPv4 ranges of /16 or smaller: the listener is for known peers."
  }
}

variable "google" {
  description = "Who the agent is on Google Cloud, from the outputs of terraform/gcp/staging"
  type = object({
    project_id                 = string
    workload_identity_audience = string
    service_account_email      = string
    firestore_database         = optional(string, "staging")
    artifact_bucket            = string
    # federation: no long-lived key. key: the service account key in Secrets Manager.
    credentials = optional(string, "federation")
  })

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.google.project_id))
    error_message = "google.project_id must be a Google Cloud project id."
  }

  validation {
    condition     = can(regex("^//iam\\.googleapis\\.com/projects/[0-9]+/locations/global/workloadIdentityPools/[a-z0-9-]{4,32}/providers/[a-z0-9-]{4,32}$", var.google.workload_identity_audience))
    error_message = "google.workload_identity_audience must be //iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER."
  }

  validation {
    condition     = can(regex("^[a-z0-9-]+@[a-z0-9-]+\\.iam\\.gserviceaccount\\.com$", var.google.service_account_email))
    error_message = "google.service_account_email must be a service account's address."
  }

  # Staging writes to its own database; the default one is production's.
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,61}[a-z0-9]$", var.google.firestore_database)) && var.google.firestore_database != "default"
    error_message = "google.firestore_database must be a named database, never (default)."
  }

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$", var.google.artifact_bucket))
    error_message = "google.artifact_bucket must be a Cloud Storage bucket's name, without gs://."
  }

  validation {
    condition     = contains(["federation", "key"], var.google.credentials)
    error_message = "google.credentials must be federation or key."
  }
}

variable "shadow" {
  description = "A candidate that gets a share of the messages too: its address, the share (0 to 1), and whom tokens for it are made for; null: none"
  type = object({
    url      = string
    share    = number
    audience = optional(string, "")
  })
  default = null

  validation {
    condition     = var.shadow == null ? true : can(regex("^https://[a-z0-9.-]+(:[0-9]+)?$", var.shadow.url))
    error_message = "shadow.url must be an https:// address without a path: conversations are sent to it."
  }

  validation {
    condition     = var.shadow == null ? true : var.shadow.share > 0 && var.shadow.share <= 1
    error_message = "shadow.share must lie above 0 and be at most 1; shadow = null switches it off."
  }
}
