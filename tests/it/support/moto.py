"""Starts moto 5.2.5 with corrections, without which the kinds that they are about could not be tested on it."""

import sys

from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.models.vpcs import VPCBackend, VPCEndPoint
from moto.server import main

# The filter vpc-endpoint-id is answered by HTTP 500.
filter_value = VPCEndPoint.get_filter_value
VPCEndPoint.get_filter_value = lambda self, name, method=None: (
    self.id if name == "vpc-endpoint-id" else filter_value(self, name, method)
)

# A deleted NAT gateway never gives its address back.
delete_nat_gateway = NatGatewayBackend.delete_nat_gateway


def delete_and_release(self, nat_gateway_id):
    gateway = delete_nat_gateway(self, nat_gateway_id)
    for address in gateway.address_set:
        for eip in self.address_by_allocation([address["allocationId"]]):
            eip.association_id = eip.eni = None
    return gateway


NatGatewayBackend.delete_nat_gateway = delete_and_release

# A gateway endpoint that got another route table later cannot be deleted, because moto made no route there.
delete_vpc_endpoints = VPCBackend.delete_vpc_endpoints


def delete_without_routes(self, vpce_ids=None):
    for endpoint in vpce_ids or []:
        if endpoint in self.vpc_end_points:
            self.vpc_end_points[endpoint].route_table_ids = []
    delete_vpc_endpoints(self, vpce_ids)


VPCBackend.delete_vpc_endpoints = delete_without_routes

main(sys.argv[1:])
