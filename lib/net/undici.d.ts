// undici publishes no types for its inner files; this one holds the same class as its index, without loading fetch, the
// cache and the rest of the package at start-up.
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici'
  export = Pool
}
