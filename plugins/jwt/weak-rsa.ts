const LARGEST_PRIME = 167
const GENERATOR = 65537

/**
 * Whether a modulus has the mark of keys whose primes certain smart cards and TPMs chose badly (CVE-2017-15361, "ROCA"): modulo each
 * small prime it is a power of 65537. Such keys can be factored; of other moduli about one in a billion looks like it.
 */
export function isFactorable(modulus: bigint): boolean {
  for (let prime = 3; prime <= LARGEST_PRIME; prime += 2) {
    if (isPrime(prime) && !isPowerOfGenerator(Number(modulus % BigInt(prime)), prime)) return false
  }
  return true
}

function isPowerOfGenerator(rest: number, prime: number): boolean {
  let power = 1
  do {
    if (power === rest) return true
    power = (power * GENERATOR) % prime
  } while (power !== 1)
  return false
}

function isPrime(odd: number): boolean {
  for (let factor = 3; factor * factor <= odd; factor += 2) if (odd % factor === 0) return false
  return true
}
