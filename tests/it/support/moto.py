"""Starts moto 5.2.5 with two corrections, without which the kinds that they are about could not be tested on it."""

import sys

from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.models.vpcs import VPCEndPoint
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

main(sys.argv[1:])
