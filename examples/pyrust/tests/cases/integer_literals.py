print(0, 00, 0_0, 1_000_000, 12_3)
print(0x0, 0xff, 0XFF, 0xDead_Beef, 0x_1)
print(0o17, 0O7_7, 0b101, 0B1_1)
print(0x7fffffffffffffff)
