/** The applied network as the Describe calls show it, reduced to what decides who can reach whom. Plain data, so that tests can break it. */
export interface Network {
  vpc: { id: string; cidr: string };
  subnets: Subnet[];
  routeTables: RouteTable[];
  /** Ids of internet gateways that are attached to the VPC. */
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
  /** What the route leads to, by its id: local, igw-..., nat-..., vpce-... */
  target: string;
  /** A blackhole leads to something that is gone. */
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
  /** As in com.amazonaws.us-east-1.secretsmanager. */
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

/** The ECS service's tasks; their addresses are not known before they run, their subnets and groups are. */
export interface Service {
  name: string;
  subnetIds: string[];
  groupIds: string[];
  publicAddress: boolean;
  containerPort: number;
}

export const ALL_PORTS: PortRange = { from: 0, to: 65_535 };
