int isprint(int c);
