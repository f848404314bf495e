/** Major numbers of our devices: that of hvc is fixed, the others are what a kernel gives out dynamically. */
export const MAJOR = { hvc: 229, rpmsgTty: 241, virtioPorts: 242, rpmsgCtrl: 243, rpmsgChar: 244 } as const;
