/** Version of the product; package.json carries the same, a test compares them. */
export const version = '0.1.0';
