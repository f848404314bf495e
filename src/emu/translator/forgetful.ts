/** What a firmware may fill: it forgets everything when it has grown too large. What is forgotten is found out again. */
export class ForgetfulMap<Key, Value> extends Map<Key, Value> {
  constructor(private readonly most: number) {
    super();
  }

  override set(key: Key, value: Value): this {
    if (this.size >= this.most && !this.has(key)) this.clear();
    return super.set(key, value);
  }
}

export class ForgetfulSet<Value> extends Set<Value> {
  constructor(private readonly most: number) {
    super();
  }

  override add(value: Value): this {
    if (this.size >= this.most && !this.has(value)) this.clear();
    return super.add(value);
  }
}
