/**
 * The applied network from the Describe calls, reduced to what decides who can reach whom. Plain data, so that tests
 * can break it.
 */
export interface Network {
  vpc: { id: string; cidr: string };
  subnets: Subnet[];
  routeTables: RouteTable[];
  /** Ids of internet gateways attached to the VPC. */
  internetGateways: string[];
  natGateways: NatGateway[];
  securityGroups: SecurityGroup[];
  networkAcls: NetworkAcl[];
  endpoints: Endpoint[];
  loadBalancer: LoadBalancer;
  service: Service;
}

export interface Subnet {
  id: string;
  name: string;
  cidr: string;
  zone: string;
  routeTableId: string;
  networkAclId: string;
}

export interface RouteTable {
  id: string;
  routes: Route[];
}

export interface Route {
  /** An address range, or a prefix list such as that of S3. */
  destination: string;
  /** The route's target by its id: local, igw-..., nat-..., vpce-... */
  target: string;
  /** False for a blackhole, whose target no longer exists. */
  active: boolean;
}

export interface NatGateway {
  id: string;
  subnetId: string;
  available: boolean;
  publicAddress: string | undefined;
}

export interface SecurityGroup {
  id: string;
  name: string;
  ingress: GroupRule[];
  egress: GroupRule[];
}

export interface GroupRule {
  protocol: Protocol;
  ports: PortRange;
  /** The other side: an address range, a group or a prefix list. */
  peer: { cidr: string } | { group: string } | { prefixList: string };
}

/** tcp, udp, icmp or another name; -1 is every protocol. */
export type Protocol = string;

/** Both ends included. */
export interface PortRange {
  from: number;
  to: number;
}

export interface NetworkAcl {
  id: string;
  entries: AclEntry[];
}

export interface AclEntry {
  number: number;
  egress: boolean;
  protocol: Protocol;
  ports: PortRange;
  cidr: string;
  allow: boolean;
}

export interface Endpoint {
  id: string;
  kind: 'gateway' | 'interface';
  /** Such as com.amazonaws.us-east-1.secretsmanager. */
  service: string;
  routeTableIds: string[];
  subnetIds: string[];
  groupIds: string[];
  /** Whether the service's public name resolves to the endpoint within the VPC. */
  privateDns: boolean;
}

export interface LoadBalancer {
  name: string;
  internetFacing: boolean;
  subnetIds: string[];
  groupIds: string[];
  listeners: { port: number; protocol: string }[];
}

/** The ECS service's tasks; their addresses are unknown before they run, but their subnets and groups are known. */
export interface Service {
  name: string;
  subnetIds: string[];
  groupIds: string[];
  publicAddress: boolean;
  containerPort: number;
}

export const ALL_PORTS: PortRange = { from: 0, to: 65_535 };
