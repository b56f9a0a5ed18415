"""What the attack on frames is made of: damaged pictures, bombs, videos, servers, and the process that meets them."""
